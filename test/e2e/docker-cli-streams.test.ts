/** What of the real `docker` command line streams, through a site in front of the Docker API: tars, statistics, terminals. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { openSockets, socketsAreBackTo } from '../kit/open-sockets.ts';
import { freePort } from '../kit/ports.ts';
import { tempFolder } from '../kit/temp.ts';
import { DockerCli } from './docker-cli-client.ts';

leaveNothingBehind();

test('what streams comes through whole, in either direction', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const { certPath, keyPath } = selfSignedCertificate(t, ['localhost']);
  const tlsPort = await freePort();
  const site = `
    to: unix:${docker.socketPath}
    upgrade: [websocket, tcp]
`;
  const hatchway = await startHatchway(t, {
    config: `sites:
  - host: localhost${site}  - host: localhost
    listen: 127.0.0.1:${tlsPort}
    cert: ${certPath}
    key: ${keyPath}${site}`,
  });
  const cli = new DockerCli(t, `tcp://localhost:${hatchway.port}`);
  // Over plain TCP this client does not notice its own detach keys: Go's copy wraps the error that it looks for.
  const secure = new DockerCli(t, `tcp://localhost:${tlsPort}`, ['--tls', '--tlscacert', certPath]);
  const before = openSockets(hatchway.pid);
  const succeed = async (args: readonly string[], input?: Uint8Array) => {
    const ran = await cli.run(args, input);
    assert.equal(ran.exitCode, 0, ran.stderr);
    return ran.stdout;
  };

  await t.test('cp into a container and out of it, as a file and as a tar', async (inner) => {
    const folder = tempFolder(inner, 'cp');
    const bytes = randomBytes(8 * 1024 * 1024);
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'in/noise'), bytes);
    await succeed(['cp', join(folder, 'in'), 'box:/copied']);
    await succeed(['cp', 'box:/copied/noise', join(folder, 'out')]);
    assert.ok(readFileSync(join(folder, 'out')).equals(bytes), 'other bytes came back');
    const tar = await succeed(['cp', 'box:/copied', '-']);
    await succeed(['cp', '-', 'box:/tmp'], tar);
    assert.ok((await succeed(['exec', 'box', 'cat', '/tmp/copied/noise'])).equals(bytes));
  });

  await t.test('save and load: the same image comes back', async () => {
    const id = async () => String(await succeed(['image', 'inspect', '-f', '{{.Id}}', 'kept']));
    await succeed(['tag', 'box', 'kept']);
    await succeed(['commit', 'box', 'kept']);
    const known = await id();
    const tar = await succeed(['save', 'kept']);
    await succeed(['rmi', 'kept']);
    assert.match(String(await succeed(['load'], tar)), /Loaded image: kept:latest/);
    assert.equal(await id(), known);
  });

  await t.test('stats go on until the client leaves', async () => {
    const stats = cli.start(['stats', '--format', 'seen {{.Name}} {{.PIDs}}', 'box']);
    await stats.said(/seen box 1\b[\s\S]*seen box 1\b/);
    await stats.stop();
    assert.match(String(await succeed(['stats', '--no-stream', 'box'])), /box/);
  });

  await t.test('logs -f of what runs on, line by line, until the client leaves', async () => {
    const command = [
      'sh',
      '-c',
      'echo first; until [ -e /go ]; do sleep 0.05; done; echo second; sleep 1000',
    ];
    await docker.runContainer({ image: 'box', name: 'talker', command });
    const logs = cli.start(['logs', '-f', 'talker']);
    await logs.said(/first/);
    assert.doesNotMatch(logs.output, /second/);
    await docker.exec('talker', ['touch', '/go']);
    await logs.said(/second/);
    await logs.stop();
  });

  await t.test(
    'attach: detach keys leave the container running, which can be attached to again',
    async () => {
      await succeed(['run', '-dit', '--network', 'none', '--name', 'shell', 'box', 'sh']);
      const keys = ['--detach-keys', 'ctrl-a'];
      const first = secure.runInTerminal(['attach', ...keys, 'shell']);
      await first.prints(/# /);
      first.type('kept=$((40 + 2))\r');
      await first.prints(/kept=[^#]*# /);
      first.type('\x01');
      await first.prints(/read escape sequence/);
      assert.equal(await first.exitCode, 1);
      const second = secure.runInTerminal(['attach', ...keys, 'shell']);
      await second.prints(/# /);
      second.type('echo is $kept\r');
      await second.prints(/is 42\r\n/);
      second.resize(99, 31);
      await eventually('the terminal of the container has the new size', async () => {
        return (await docker.exec('shell', ['sh', '-c', 'stty size < /dev/console'])) === '31 99\n';
      });
      second.type('exit 9\r');
      assert.equal(await second.exitCode, 9);
    },
  );

  await t.test('exec with detach keys ends the client and not the program', async () => {
    const run = secure.runInTerminal([
      'exec',
      '-it',
      '--detach-keys',
      'ctrl-a',
      'box',
      'sh',
      '-c',
      'echo up; exec sleep 998',
    ]);
    await run.prints(/up/);
    run.type('\x01');
    await run.exitCode;
    const processes = await docker.processesOf('box');
    assert.ok(processes.some(({ command }) => command === 'sleep 998'));
  });

  await t.test('wait is answered when the container ends', async () => {
    await docker.runContainer({ image: 'box', name: 'awaited' });
    const wait = cli.start(['wait', 'awaited']);
    await docker.stopContainer('awaited');
    await wait.said(/137/);
    assert.equal(await wait.exited, 0);
  });

  await socketsAreBackTo(before + idleUpstreams, hatchway.pid);
});

/** Connections to the engine that stay for the next request. */
const idleUpstreams = 16;
