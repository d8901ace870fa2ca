import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { selfSignedCertificate } from '../../test/kit/certificate.ts';
import { type Child, startChild } from '../../test/kit/child.ts';
import { eventually } from '../../test/kit/eventually.ts';
import { hatchwayPath } from '../../test/kit/hatchway.ts';
import { httpRequest } from '../../test/kit/http-client.ts';
import { leaveNothingBehind } from '../../test/kit/leftovers.ts';
import { allProcesses } from '../../test/kit/processes.ts';
import { atEnd } from '../../test/kit/scope.ts';
import { tempFolder } from '../../test/kit/temp.ts';
import { apiPaths } from '../wire/api.ts';
import type { ServerFacts } from './server-file.ts';

leaveNothingBehind();

/** `bin/hatchway` in an empty folder of its own, with a data folder in it and no Docker. */
class Place {
  readonly folder: string;
  readonly dataFolder: string;
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    this.folder = tempFolder(t, 'cli');
    this.dataFolder = join(this.folder, 'data/hatchway');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  start(...args: string[]): Child {
    const env = {
      ...process.env,
      XDG_DATA_HOME: join(this.folder, 'data'),
      DOCKER_HOST: `unix://${join(this.folder, 'no-docker.sock')}`,
    };
    return startChild(this.#t, hatchwayPath, args, { cwd: this.folder, env });
  }

  /** Its exit code and all it said. */
  async run(...args: string[]): Promise<[number | NodeJS.Signals, string]> {
    const child = this.start(...args);
    return [await child.exited, child.output];
  }

  serverFacts(): ServerFacts {
    return JSON.parse(readFileSync(join(this.dataFolder, 'server.json'), 'utf8')) as ServerFacts;
  }
}

async function ready(child: Child): Promise<URL> {
  const [, url = ''] = await child.said(/^Hatchway is ready: (\S+)$/m);
  return new URL(url);
}

async function occupy(t: TestContext, port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => void server.close());
  return server;
}

describe('usage', () => {
  test('help names the commands, version is that of the package', async (t) => {
    const place = new Place(t);
    const [helpCode, help] = await place.run('--help');
    assert.equal(helpCode, 0);
    assert.match(help, /\bup\b.*\bcheck\b/s);
    const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    assert.deepEqual(await place.run('--version'), [0, `${version}\n`]);
    const [upCode, up] = await place.run('up', '--help');
    assert.equal(upCode, 0);
    assert.match(up, /--config <file>.*--listen <address>.*--data-dir <folder>/s);
  });

  const wrong: [string[], RegExp][] = [
    [[], /Usage: hatchway/],
    [['chekc'], /^hatchway: unknown command 'chekc'\n\(Did you mean check\?\)/],
    [['up', '--lisen', '8022'], /^hatchway: unknown option '--lisen'\n\(Did you mean --listen\?\)/],
    [['up', '--listen'], /^hatchway: option '--listen <address>' argument missing/],
    [
      ['up', '--listen', '127.0.0.1:99999'],
      /has no port between 0 and 65535; write it as HOST:PORT/,
    ],
    [['check', 'some.yaml'], /^hatchway: too many arguments/],
  ];
  for (const [args, message] of wrong) {
    test(`'hatchway ${args.join(' ')}' ends with 2 and says what is meant`, async (t) => {
      const [code, output] = await new Place(t).run(...args);
      assert.match(output, message);
      assert.equal(code, 2);
    });
  }
});

describe('check', () => {
  test('counts the sites and listeners of a good file', async (t) => {
    const place = new Place(t);
    place.write('hatchway.yaml', 'sites: [{ listen: 9000, to: "http://localhost:3000" }]\n');
    const good = 'hatchway.yaml: ok (1 site, 2 listeners)\n';
    assert.deepEqual(await place.run('check'), [0, good]);
    assert.deepEqual(await place.run('check', '-c', 'hatchway.yaml'), [0, good]);
    assert.equal(existsSync(place.dataFolder), false);
  });

  test('says aloud what is allowed and dangerous', async (t) => {
    const place = new Place(t);
    place.write('open.yaml', 'listen: 0.0.0.0:8022\n');
    const [code, output] = await place.run('check', '-c', 'open.yaml');
    assert.match(output, /the console on 0\.0\.0\.0:8022 can be reached .* without TLS/);
    assert.equal(code, 0);
  });

  test('says with its place what is probably not meant', async (t) => {
    const place = new Place(t);
    place.write('odd.yaml', 'listen: { address: 8022, proxyProtocol: true }\n');
    const [code, output] = await place.run('check', '-c', 'odd.yaml');
    assert.match(output, /^odd\.yaml:1:9: warning: 127\.0\.0\.1:8022 is told who clients are/m);
    assert.match(output, /^odd\.yaml: ok \(0 sites, 1 listener\)$/m);
    assert.equal(code, 0);
  });

  test('a bad file ends with 1 and every problem with its place', async (t) => {
    const place = new Place(t);
    place.write('bad.yaml', 'lisen: 8022\nconsole:\n  grace: 15\n');
    const [code, output] = await place.run('check', '-c', 'bad.yaml');
    assert.match(output, /^bad\.yaml:1:1: unknown key `lisen`; did you mean `listen`\?$/m);
    assert.match(output, /^bad\.yaml:3:10: `console\.grace` must be a duration/m);
    assert.match(output, /^hatchway: 2 problems$/m);
    assert.equal(code, 1);
  });

  test('without a file there is nothing to check', async (t) => {
    const place = new Place(t);
    const [code, output] = await place.run('check');
    assert.equal(
      output,
      `hatchway: there is no hatchway.yaml in ${place.folder} [HW_NO_CONFIG]\n    Name one with -c FILE.\n`,
    );
    assert.equal(code, 1);
  });
});

test('schema prints a JSON Schema that refuses unknown keys', async (t) => {
  const [code, output] = await new Place(t).run('schema');
  const schema = JSON.parse(output) as Record<string, unknown>;
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(schema.additionalProperties, false);
  assert.equal(code, 0);
});

test('what is printed reaches a program that begins to read late', (t) => {
  // Another start of Node takes longer than what fits into a pipe, 64 KiB, takes to write.
  const reader = `"${process.execPath}" -e "process.stdin.pipe(process.stdout)"`;
  const output = execFileSync('sh', ['-c', `"${hatchwayPath}" schema | ${reader}`], {
    cwd: tempFolder(t, 'cli'),
    encoding: 'utf8',
  });
  assert.ok(output.length > 64 * 1024);
  assert.doesNotThrow(() => JSON.parse(output));
});

describe('up', () => {
  test('says where it is, leaves server.json for this user alone, and takes it away at the end', async (t) => {
    const place = new Place(t);
    const child = place.start('up', '--listen', '127.0.0.1:0');
    const url = await ready(child);
    const token = url.searchParams.get('token') ?? '';
    assert.match(token, /^[A-Za-z0-9_-]{43}$/);

    const facts = place.serverFacts();
    assert.deepEqual([facts.origin, facts.token, facts.pid], [url.origin, token, child.pid]);
    assert.equal(statSync(join(place.dataFolder, 'server.json')).mode & 0o777, 0o600);
    assert.equal(statSync(place.dataFolder).mode & 0o777, 0o700);

    const page = await httpRequest(`${url.origin}/?token=${token}`);
    assert.equal(page.status, 200);
    child.signal('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.equal(existsSync(join(place.dataFolder, 'server.json')), false);

    // Once in the line with the URL, and nowhere in the log.
    assert.equal(child.output.split(token).length, 2);
    const accessLog = readFileSync(join(place.dataFolder, 'access.log'), 'utf8');
    assert.match(accessLog, /"GET \/\?token=REDACTED HTTP\/1\.1" 200 /);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} ends it in order, too`, async (t) => {
      const place = new Place(t);
      const child = place.start('up', '--listen', '127.0.0.1:0');
      await ready(child);
      child.signal(signal);
      assert.equal(await child.exited, 0);
      assert.equal(existsSync(join(place.dataFolder, 'server.json')), false);
    });
  }

  test('a request under way holds up the end, a second signal does not wait for it', async (t) => {
    const place = new Place(t);
    const upstream = await occupy(t, 0);
    const { port } = upstream.address() as AddressInfo;
    place.write(
      'hatchway.yaml',
      `console: { enabled: false }\nsites: [{ to: "http://127.0.0.1:${port}", listen: "unix:site.sock" }]\n`,
    );
    const child = place.start('up');
    await child.said(/^Hatchway is ready: listening on unix:.*site\.sock$/m);
    const accepted = once(upstream, 'connection');
    const request = httpRequest('http://site/', {
      socketPath: join(place.folder, 'site.sock'),
    }).catch((error: Error) => error);
    const [connection] = await accepted;
    atEnd(t, () => void connection.destroy());

    child.signal('SIGTERM');
    await child.said(/a second signal ends at once/);
    assert.equal(child.running, true);
    child.signal('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.ok((await request) instanceof Error);
    assert.equal(existsSync(join(place.dataFolder, 'server.json')), false);
  });

  test('the shells that were opened end with it', async (t) => {
    const place = new Place(t);
    const child = place.start('up', '--listen', '127.0.0.1:0');
    const { origin, searchParams } = await ready(child);
    // A duration that nobody else sleeps, so that it can be found.
    const seconds = `${100_000 + child.pid}`;
    const opened = await httpRequest(`${origin}${apiPaths.sessions}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${searchParams.get('token')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        target: 'local',
        workload: 'shell',
        command: ['sleep', seconds],
        cols: 80,
        rows: 24,
      }),
    });
    assert.equal(opened.status, 201, opened.text);
    const sleeps = () =>
      allProcesses().filter(({ command }) => command.endsWith(`sleep ${seconds}`));
    await eventually('the shell runs', () => sleeps().length === 1);
    child.signal('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.deepEqual(sleeps(), []);
  });

  test('with a certificate it speaks TLS', async (t) => {
    const place = new Place(t);
    const { certPath, keyPath } = selfSignedCertificate(t, ['c.example']);
    place.write(
      'hatchway.yaml',
      `console: { host: c.example, cert: ${certPath}, key: ${keyPath} }\n`,
    );
    const child = place.start('up', '--listen', '127.0.0.1:0');
    const url = await ready(child);
    assert.match(url.origin, /^https:\/\/c\.example:\d+$/);
    const page = await httpRequest(`${url.origin}/`, { port: Number(url.port) });
    assert.equal(page.status, 200);
    await child.stop();
  });

  test('hatchway.yaml in the working folder is used, and a bad one starts nothing', async (t) => {
    const place = new Place(t);
    place.write('hatchway.yaml', 'publicUrl: https://c.example\nlisten: 127.0.0.1:0\n');
    const child = place.start('up');
    assert.equal((await ready(child)).origin, 'https://c.example');
    assert.match(place.serverFacts().origin ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
    await child.stop();

    place.write('hatchway.yaml', 'publicUrl: c.example\n');
    const [code, output] = await place.run('up', '--data-dir', join(place.folder, 'other'));
    assert.match(output, /^hatchway\.yaml:1:12: `c\.example` is not an http or https URL$/m);
    assert.equal(code, 1);
    assert.equal(existsSync(join(place.folder, 'other')), false);
  });

  test('takes the next port when nobody chose one and the default one is taken', async (t) => {
    // Whoever has it, somebody has it.
    await occupy(t, 8022).catch(() => {});
    const child = new Place(t).start('up');
    const url = await ready(child);
    assert.notEqual(url.port, '8022');
    assert.equal((await httpRequest(`${url.origin}/`)).status, 200);
    await child.stop();
  });

  test('an address that was chosen and is taken is an error that names who has it', async (t) => {
    const place = new Place(t);
    const server = await occupy(t, 0);
    const { port } = server.address() as AddressInfo;
    const [code, output] = await place.run('up', '--listen', `127.0.0.1:${port}`);
    assert.match(output, new RegExp(`127\\.0\\.0\\.1:${port} is taken`));
    assert.match(output, new RegExp(`port ${port} belongs to \\S.* \\(process ${process.pid}\\)`));
    assert.match(output, /\[HW_LISTEN_IN_USE\]\n {4}\S/);
    assert.equal(code, 1);
    assert.equal(existsSync(join(place.dataFolder, 'server.json')), false);
  });

  test('a second server with the same data folder is refused and names the first', async (t) => {
    const place = new Place(t);
    const first = place.start('up', '--listen', '127.0.0.1:0');
    const { origin } = await ready(first);
    const [code, output] = await place.run('up', '--listen', '127.0.0.1:0');
    assert.match(output, new RegExp(`runs already at ${origin} \\(process ${first.pid}\\)`));
    assert.match(output, /--data-dir/);
    assert.equal(code, 1);
    assert.equal(place.serverFacts().pid, first.pid);

    first.signal('SIGKILL');
    await first.exited;
    assert.equal(place.serverFacts().pid, first.pid);
    const next = place.start('up', '--listen', '127.0.0.1:0');
    await ready(next);
    assert.equal(place.serverFacts().pid, next.pid);
    await next.stop();
  });

  test('the token is new at every start, the instance is not', async (t) => {
    const place = new Place(t);
    const seen: ServerFacts[] = [];
    for (let start = 0; start < 2; start++) {
      const child = place.start('up', '--listen', '127.0.0.1:0');
      await ready(child);
      seen.push(place.serverFacts());
      await child.stop();
    }
    assert.notEqual(seen[0]?.token, seen[1]?.token);
    assert.equal(seen[0]?.instance, seen[1]?.instance);
  });

  test('a data folder that others can read and that is not ours is refused', async (t) => {
    const place = new Place(t);
    const folder = join(place.folder, 'shared');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'theirs'), '');
    const [code, output] = await place.run('up', '--data-dir', 'shared');
    assert.match(output, /open to others \(mode 0755\).*\[HW_DATA_FOLDER\]/);
    assert.equal(code, 1);
  });

  test('a console on every address is served and warned about', async (t) => {
    const child = new Place(t).start('up', '--listen', '0.0.0.0:0');
    const url = await ready(child);
    assert.equal(url.hostname, '127.0.0.1');
    assert.match(child.output, /the console on 0\.0\.0\.0:0 can be reached .* without TLS/);
    await child.stop();
  });
});
