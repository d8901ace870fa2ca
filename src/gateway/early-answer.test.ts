/** Servers that answer before they have had the whole request, and close. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { TestCertificates } from './testing/certificates.ts';
import type { EarlyAnswererData } from './testing/early-answerer.ts';
import { GatewayKit, tcpServer, upstreamModel } from './testing/gateway-kit.ts';

/** Enough that the upstream's buffers cannot take it. */
const bodyBytes = 8 * 1024 * 1024;
const clientsAtOnce = 4;
const rounds = 6;

async function earlyAnswerer(context: TestContext, tls: EarlyAnswererData['tls']): Promise<number> {
  const workerData: EarlyAnswererData = { tls };
  const url = new URL('./testing/early-answerer.ts', import.meta.url);
  const worker = new Worker(url, { workerData });
  context.after(() => worker.terminate());
  const [address] = (await once(worker, 'message')) as [AddressInfo];
  return address.port;
}

/** What one client reads that sends all of its body, whatever is answered meanwhile. */
async function upload(kit: GatewayKit, path: string): Promise<string> {
  const client = await kit.connect();
  client.write(`PUT /${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
  const piece = Buffer.alloc(16 * 1024, 'b');
  for (let sent = 0; sent < bodyBytes; sent += piece.length) {
    client.socket.write(piece);
    // As it is taken, so that the answer comes at any moment of it.
    if (client.socket.writableNeedDrain) {
      await Promise.race([once(client.socket, 'drain'), once(client.socket, 'close')]);
    }
  }
  const answer = await client.rest();
  client.destroy();
  return answer;
}

const bodies = {
  length: 'too much',
  chunked: '8\r\ntoo much\r\n0\r\n\r\n',
  // What ends with the connection has no end when that is reset: the last chunk is missing.
  close: '8\r\ntoo much\r\n',
  long: 'x'.repeat(30_000),
};

for (const scheme of ['http', 'https']) {
  test(`an answer over ${scheme} that comes while the body is being sent reaches the client, though the upstream has closed`, async (t) => {
    const certificates = new TestCertificates();
    t.after(() => certificates.remove());
    const { certPath, keyPath } = certificates.make('early.example');
    const tls = { cert: readFileSync(certPath, 'latin1'), key: readFileSync(keyPath, 'latin1') };
    const port = await earlyAnswerer(t, scheme === 'https' ? tls : undefined);
    const upstream = upstreamModel(tcpServer(port));
    const kit = await GatewayKit.start(t, {
      route: {
        upstream:
          scheme === 'https'
            ? { ...upstream, tls: { verify: false, serverName: 'early.example' } }
            : upstream,
      },
    });
    const seen = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      for (const [path, body] of Object.entries(bodies)) {
        const all = Array.from({ length: clientsAtOnce }, () => upload(kit, path));
        for (const answer of await Promise.all(all)) {
          const isWhole = answer.startsWith('HTTP/1.1 413 Too Much\r\n') && answer.endsWith(body);
          const what = isWhole ? 'whole' : `${path}: ${answer.slice(0, 24)}`;
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
      }
    }
    const asked = rounds * clientsAtOnce * Object.keys(bodies).length;
    assert.deepEqual(Object.fromEntries(seen), { whole: asked });
    await kit.opened({ upstreams: 0 });
  });
}
