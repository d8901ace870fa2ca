import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { platform } from 'node:process';
import { test } from 'node:test';
import { presetAccepted, serverOptions, setAccepted } from './socket-options.ts';

/** Of proc_net_tcp(5): what the timer of a connection is for. */
const keepAliveTimer = '02';

test('accepted sockets have keep-alive, from the listening one or each by itself', async (t) => {
  for (const presets of [true, false]) {
    const server = createServer(serverOptions).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const isPreset = presets && presetAccepted(server);
    assert.equal(isPreset, presets && platform === 'linux');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    if (!isPreset) setAccepted(accepted);
    if (platform === 'linux') assert.equal(timerOf(accepted), keepAliveTimer);
    client.destroy();
    accepted.destroy();
    server.close();
    await once(server, 'close');
    t.diagnostic(isPreset ? 'from the listening socket' : 'by itself');
  }
});

test('where the options cannot be set on a listening socket, that is said', async () => {
  const server = createServer(serverOptions).listen(0, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(presetAccepted(server, 'darwin'), false);
  assert.equal(presetAccepted({} as Server, 'linux'), false);
  assert.equal(
    presetAccepted({ _handle: { setNoDelay: () => -22 } } as unknown as Server, 'linux'),
    false,
  );
  server.close();
  await once(server, 'close');
  assert.equal(presetAccepted(server, 'linux'), false);
});

/** Which timer the kernel has for the accepted end of a connection. */
function timerOf({ localPort, remotePort }: Socket): string | undefined {
  const [local, remote] = [localPort, remotePort].map((port) => `0100007F:${hex(port)}`);
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.find((field) => field[1] === local && field[2] === remote)?.[5]?.slice(0, 2);
}

function hex(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
