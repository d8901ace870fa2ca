/** curl through a site: every way it has of sending and taking bodies over HTTP/1, byte for byte. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { startHatchway } from '../kit/hatchway.ts';
import { startHttpServer } from '../kit/http-server.ts';
import { largeBody, largeBytes, sha256 } from '../kit/large-body.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { type Ran, run } from '../kit/run.ts';
import { tempFolder } from '../kit/temp.ts';

leaveNothingBehind();

/** Where a product that fails could leave a test waiting for ever. */
const patience = { timeout: 30_000 };

async function sha256OfBody(request: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of request) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

type Site = {
  curl: (args: readonly string[], path?: string, onOutput?: (text: string) => void) => Promise<Ran>;
  /** The upstream. */
  server: Server;
  /** For files. */
  folder: string;
};

/** A Hatchway in front of an upstream; gives what runs curl against the site. */
async function startSite(t: TestContext, onRequest: RequestListener): Promise<Site> {
  const { url, server } = await startHttpServer(t, onRequest);
  const hatchway = await startHatchway(t, { config: `sites: [{ host: localhost, to: ${url} }]\n` });
  const origin = `http://localhost:${hatchway.port}`;
  return {
    // -q: no .curlrc of whoever runs this.
    curl: (args, path = '/', onOutput) =>
      run(t, '/usr/bin/curl', ['-q', '-s', ...args, `${origin}${path}`], { onOutput }),
    server,
    folder: tempFolder(t, 'curl'),
  };
}

test('64 MiB pass byte for byte', patience, async (t) => {
  const large = largeBody();
  const expected = sha256(large);
  const { curl, folder } = await startSite(t, async (request, response) => {
    if (request.method !== 'GET') {
      const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
      response.end(`${await sha256OfBody(request)} ${length ?? coding}`);
      return;
    }
    if (request.url === '/length') response.setHeader('Content-Length', large.length);
    // Not in one piece: then node:http would know its length.
    if (request.url === '/close') response.shouldKeepAlive = false;
    Readable.from(piecesOf(large)).pipe(response);
  });
  const source = join(folder, 'up');
  const target = join(folder, 'down');
  writeFileSync(source, large);

  const uploads: [string, string[], number | string][] = [
    ['up with a length', [], largeBytes],
    ['up with a length after 100 Continue', ['-H', 'Expect: 100-continue'], largeBytes],
    ['up in chunks', ['-H', 'Transfer-Encoding: chunked'], 'chunked'],
    ['up in HTTP/1.0', ['--http1.0'], largeBytes],
  ];
  for (const [name, args, framing] of uploads) {
    await t.test(name, async () => {
      const ran = await curl([...args, '-T', source]);
      assert.equal(ran.exitCode, 0, ran.stderr);
      assert.equal(ran.stdout.toString(), `${expected} ${framing}`);
    });
  }

  for (const [name, args, path] of [
    ['down with a length', [], '/length'],
    ['down in chunks', [], '/chunks'],
    ['down to the end of the connection', ['--http1.0'], '/chunks'],
    ['down over a connection that the upstream closes', [], '/close'],
  ] as const) {
    await t.test(name, async () => {
      const ran = await curl([...args, '-o', target], path);
      assert.equal(ran.exitCode, 0, ran.stderr);
      assert.equal(sha256(readFileSync(target)), expected);
    });
  }
});

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  // Sizes that fit into nothing.
  for (let at = 0; at < bytes.length; at += 99_991) yield bytes.subarray(at, at + 99_991);
}

test('one connection serves several requests', patience, async (t) => {
  const { curl } = await startSite(t, (_request, response) => response.end('ok'));
  // Written behind each body: how many connections were made for it.
  const { stdout } = await curl(['-w', ' %{num_connects}\n'], '/[1-5]');
  assert.equal(stdout.toString(), 'ok 1\nok 0\nok 0\nok 0\nok 0\n');
});

test(
  'a client that asks before it sends its body gets the answer of the upstream',
  patience,
  async (t) => {
    const { curl, folder, server } = await startSite(t, async (request, response) => {
      response.end(await sha256OfBody(request));
    });
    const body = Buffer.alloc(100_000, 'x');
    const path = join(folder, 'body');
    writeFileSync(path, body);
    // It would send it after that time without being told.
    const patient = ['--expect100-timeout', '60', '-H', 'Expect: 100-continue'];
    const report = ['-w', ' %{http_code} %{size_upload}'];

    await t.test('to go on', async () => {
      const { stdout, stderr } = await curl([...patient, ...report, '-v', '-T', path]);
      assert.match(stderr, /^< HTTP\/1\.1 100 Continue/m);
      assert.equal(stdout.toString(), `${sha256(body)} 200 ${body.length}`);
    });

    await t.test('not to', async () => {
      server.on('checkContinue', (_request, response) => {
        response.writeHead(413, { connection: 'close' }).end('too much');
      });
      const { stdout } = await curl([...patient, ...report, '-T', path]);
      assert.equal(stdout.toString(), 'too much 413 0');
    });
  },
);

test(
  'an answer that comes while the body is still sent reaches the client',
  patience,
  async (t) => {
    const { curl, folder } = await startSite(t, (request, response) => {
      // As servers do that do not want it: they answer, and throw away what still comes.
      response.writeHead(Number(request.url?.slice(1))).end('no');
    });
    const path = join(folder, 'body');
    writeFileSync(path, Buffer.alloc(largeBytes));
    for (const status of [401, 413]) {
      const args = ['-H', 'Expect:', '-w', ' %{http_code}', '-T', path];
      const { stdout } = await curl(args, `/${status}`);
      assert.equal(stdout.toString(), `no ${status}`);
    }
  },
);

test('nothing waits in the gateway for more', patience, async (t) => {
  // Each line is only sent once the client has the one before: one that is kept back would be the last.
  const lines = ['one', 'two', 'three'];
  const kinds: [string, string[], Record<string, string>][] = [
    ['a log that is followed', [], { 'content-type': 'text/plain' }],
    ['events', ['-H', 'Accept: text/event-stream'], { 'content-type': 'text/event-stream' }],
    ['a body to the end of the connection', ['--http1.0'], { connection: 'close' }],
    ['a body with a length', [], { 'content-length': `${lines.join('\n').length + 1}` }],
  ];
  for (const [name, args, headers] of kinds) {
    await t.test(`of ${name}`, async (inner) => {
      let arrived: (line: string) => void = () => {};
      const { curl } = await startSite(inner, async (_request, response) => {
        response.writeHead(200, headers).flushHeaders();
        for (const line of lines) {
          const has = new Promise<void>((resolve) => {
            arrived = (text) => {
              if (text.includes(line)) resolve();
            };
          });
          response.write(`${line}\n`);
          await has;
        }
        response.end();
      });
      const ran = await curl(['-N', ...args], '/', (text) => arrived(text));
      assert.equal(ran.stdout.toString(), `${lines.join('\n')}\n`);
    });
  }
});
