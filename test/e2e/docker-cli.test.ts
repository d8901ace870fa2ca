/** The real `docker` command line, through a site whose upstream is the Docker API: exec and attach upgrade to `tcp`. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { tempFolder } from '../kit/temp.ts';
import { DockerCli } from './docker-cli-client.ts';

leaveNothingBehind();

test('the docker command line, through a site in front of the Docker API', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  // Both sites are on one address, told apart by the host: the client sends `localhost`, this test's API calls do not.
  const hatchway = await startHatchway(t, {
    dockerHost: docker.host,
    config: `
sites:
  - host: localhost
    to: unix:${docker.socketPath}
    upgrade: [websocket, tcp]
`,
  });
  const cli = new DockerCli(t, `tcp://localhost:${hatchway.port}`);

  await t.test('lists containers', async () => {
    const { exitCode, stdout } = await cli.run(['ps', '--format', '{{.Names}}']);
    assert.deepEqual([exitCode, stdout.toString()], [0, 'box\n']);
  });

  await t.test('exec -i: the input ends, the output of what it was still comes', async () => {
    const { exitCode, stdout } = await cli.run(['exec', '-i', 'box', 'cat'], 'hi\n');
    assert.deepEqual([exitCode, stdout.toString()], [0, 'hi\n']);
    const after = ['exec', '-i', 'box', 'sh', '-c', 'cat >/dev/null; sleep 0.2; echo then this'];
    assert.equal((await cli.run(after, 'ignored')).stdout.toString(), 'then this\n');
  });

  await t.test('exec -i carries a megabyte of any bytes there and back', async () => {
    const bytes = randomBytes(1024 * 1024);
    const { exitCode, stdout } = await cli.run(['exec', '-i', 'box', 'cat'], bytes);
    assert.equal(exitCode, 0);
    assert.ok(stdout.equals(bytes), `${stdout.length} bytes came back, or others`);
  });

  await t.test('exec keeps standard error apart and passes the exit code', async () => {
    const ran = await cli.run(['exec', 'box', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    assert.deepEqual([ran.exitCode, ran.stdout.toString(), ran.stderr], [3, 'out\n', 'err\n']);
  });

  await t.test('exec -it: a shell in a terminal that can be resized', async () => {
    const run = cli.runInTerminal(['exec', '-it', 'box', 'sh']);
    await run.prints(/# /);
    run.type('echo $((40+2))\r');
    await run.prints(/\r\n42\r\n/);
    run.resize(101, 33);
    await eventually('the terminal in the container has the new size', async () => {
      const size = await docker.exec('box', ['sh', '-c', 'stty size < /dev/pts/0']);
      return size === '33 101\n';
    });
    run.type('exit 5\r');
    assert.equal(await run.exitCode, 5);
  });

  await t.test('run in the foreground, attach to what runs', async () => {
    const foreground = ['run', '--rm', '-i', '--network', 'none', 'box'];
    const ran = await cli.run([...foreground, 'sh', '-c', 'tr a-z A-Z; exit 4'], 'shout');
    assert.deepEqual([ran.exitCode, ran.stdout.toString()], [4, 'SHOUT']);

    // Without input: this client prints nothing once its input has ended, whatever it is connected to.
    const command = ['sh', '-c', 'for i in $(seq 20); do echo tick; sleep 0.1; done; exit 6'];
    await cli.run(['run', '-d', '--network', 'none', '--name', 'ticking', 'box', ...command]);
    const attached = await cli.run(['attach', '--no-stdin', 'ticking']);
    assert.equal(attached.exitCode, 6);
    assert.match(attached.stdout.toString(), /^(?:tick\n)+$/);
  });

  await t.test('events come as they happen', async () => {
    // Starts with what was before it, so that nothing is missed while it connects.
    const since = String(Math.floor(Date.now() / 1000));
    const filters = ['--filter', 'container=eventful', '--format', 'now: {{.Action}}'];
    const events = cli.start(['events', '--since', since, ...filters]);
    const command = ['--network', 'none', '--name', 'eventful', 'box', 'true'];
    assert.equal((await cli.run(['run', '--rm', ...command])).exitCode, 0);
    for (const action of ['create', 'start', 'die', 'destroy']) {
      await events.said(new RegExp(`^now: ${action}$`, 'm'));
    }
    await events.stop();
  });

  await t.test('build sends its context, and shows what the engine says', async (inner) => {
    const folder = tempFolder(inner, 'context');
    const noise = randomBytes(4 * 1024 * 1024);
    writeFileSync(join(folder, 'noise'), noise);
    writeFileSync(
      join(folder, 'Dockerfile'),
      'FROM box\nCOPY noise /noise\nCMD ["sha256sum", "/noise"]\n',
    );
    const built = await cli.run(['build', '-t', 'noisy', folder]);
    assert.equal(built.exitCode, 0, built.stderr);
    assert.match(built.stdout.toString(), /Step 3\/3[\s\S]*Successfully tagged noisy/);
    const ran = await cli.run(['run', '--rm', '--network', 'none', 'noisy']);
    const expected = createHash('sha256').update(noise).digest('hex');
    assert.equal(ran.stdout.toString(), `${expected}  /noise\n`, ran.stderr);
  });

  await t.test('logs -f follows', async () => {
    const command = ['sh', '-c', 'echo one; sleep 0.3; echo two'];
    await docker.runContainer({ image: 'box', name: 'talker', command });
    const { exitCode, stdout } = await cli.run(['logs', '-f', 'talker']);
    assert.deepEqual([exitCode, stdout.toString()], [0, 'one\ntwo\n']);
  });
});

test('a site that does not list tcp lets no exec through', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const hatchway = await startHatchway(t, {
    config: `
sites:
  - host: localhost
    to: unix:${docker.socketPath}
    timeouts: { read: 1s } # the client reads the answer that is no upgrade to its end
`,
  });
  const cli = new DockerCli(t, `tcp://localhost:${hatchway.port}`);
  assert.equal((await cli.run(['ps', '-q'])).exitCode, 0);
  const { exitCode, stdout, stderr } = await cli.run(['exec', '-i', 'box', 'cat'], 'hi\n');
  assert.deepEqual([exitCode, stdout.toString()], [1, '']);
  assert.match(stderr, /unable to upgrade to tcp/);
  assert.match(hatchway.logs(), /upgrade: \[websocket, tcp\]/, 'the log does not say what helps');
});
