import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { apiPaths, type SessionInfo, sessionPath } from '../wire/api.ts';
import { byeCodes, encodeFrame, wireVersion } from '../wire/frames.ts';
import { withLength } from '../wire/stream-framing.ts';
import { startConsole } from './testing/start-console.ts';

async function problem(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

test('the page and its files need no cookie, and nothing else in their folder is served', async (t) => {
  const { origin } = await startConsole(t);
  for (const path of ['/', '/x/docker/web-1', '/x/local/shell?cmd=top']) {
    const response = await fetch(origin + path);
    assert.match(await response.text(), /<title>page/);
    assert.match(response.headers.get('content-security-policy') ?? '', /script-src 'self';/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  }
  const asset = await fetch(`${origin}/assets/app-1.js`);
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
  const etag = asset.headers.get('etag') ?? '';
  const again = await fetch(`${origin}/assets/app-1.js`, { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  for (const [encoding, sent] of [
    ['br, gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const response = await fetch(`${origin}/assets/app-1.js`, {
      headers: { 'accept-encoding': encoding },
    });
    assert.equal(response.headers.get('content-encoding'), sent);
    assert.equal(response.headers.get('vary'), 'Accept-Encoding');
    assert.equal(await response.text(), 'go();\n'.repeat(1000));
  }
  for (const path of [
    '/.hatchway-built',
    '/../console.ts',
    '/assets/..%2f.hatchway-built',
    '/%2e%2e/x',
    '/assets',
  ]) {
    assert.equal((await fetch(origin + path)).status, 404, path);
  }
});

test('without the cookie every address of the API says the same and does nothing', async (t) => {
  const { origin, open, console } = await startConsole(t);
  const { id } = await open();
  const paths = [
    apiPaths.targets,
    apiPaths.sessions,
    sessionPath(id),
    sessionPath(id, 'screen'),
    sessionPath(id, 'socket'),
    sessionPath(id, 'stream'),
    sessionPath('i1.unknown'),
    apiPaths.transportReport,
    '/api/no-such-thing',
  ];
  for (const path of paths) {
    assert.deepEqual(await problem(await fetch(origin + path)), [401, 'HW_NOT_SIGNED_IN'], path);
  }
  for (const [method, path] of [
    ['POST', apiPaths.sessions],
    ['DELETE', sessionPath(id)],
    ['POST', sessionPath(id, 'input')],
    ['POST', apiPaths.signOut],
  ] as const) {
    assert.equal((await fetch(origin + path, { method, headers: { origin } })).status, 401, path);
  }
  assert.equal(console.openSessionCount, 1);
});

test('a request is checked for its form before anything happens', async (t) => {
  const { request, console } = await startConsole(t);
  const good = { target: 'fake', workload: 'w', cols: 80, rows: 24 };
  const json = { 'content-type': 'application/json' };
  const post = (body: BodyInit, headers: Record<string, string> = json) =>
    request(apiPaths.sessions, { method: 'POST', headers, body });
  const cases: [Response, number, string][] = [
    [await post('{'), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify(good), { 'content-type': 'text/plain' }), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, cols: 0 })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, rows: 1001 })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, cols: 1.5 })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, command: [] })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, command: 'sh' })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, command: ['sh\0'] })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, user: 'a b' })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, usre: 'a' })), 400, 'HW_REQUEST_INVALID'],
    [await post(JSON.stringify({ ...good, target: 'nope' })), 404, 'HW_TARGET_UNKNOWN'],
    [
      await post(JSON.stringify({ ...good, workload: 'x'.repeat(70_000) })),
      413,
      'HW_REQUEST_TOO_LARGE',
    ],
  ];
  for (const [response, status, code] of cases) {
    assert.deepEqual(await problem(response), [status, code]);
  }
  assert.equal(console.openSessionCount, 0);
});

test('a target that fails is listed with a problem that holds nothing internal', async (t) => {
  const { request } = await startConsole(t);
  const text = await (await request(apiPaths.targets)).text();
  assert.doesNotMatch(text, /secret/);
  const [fake, down] = JSON.parse(text);
  assert.equal(fake.problem, undefined);
  assert.equal(down.problem.code, 'HW_INTERNAL');
});

test('a session is opened, shown as text, listed and ended', async (t) => {
  const { request, open, terminals, console } = await startConsole(t);
  const { id } = await open({ command: ['top'], user: 'worker' });
  terminals[0]?.print('one\r\ntwo  \x1b[31mred\x1b[0m\r\n');
  const screen = await request(sessionPath(id, 'screen'));
  assert.match(screen.headers.get('content-type') ?? '', /^text\/plain/);
  assert.equal(await screen.text(), 'one\ntwo  red\n');
  const [listed] = (await (await request(apiPaths.sessions)).json()) as SessionInfo[];
  assert.deepEqual([listed?.id, listed?.command, listed?.user], [id, ['top'], 'worker']);
  assert.equal((await request(sessionPath(id), { method: 'DELETE' })).status, 204);
  assert.equal(terminals[0]?.ended, 1);
  assert.equal(console.openSessionCount, 0);
  assert.equal((await request(sessionPath('i1.nope'))).status, 404);
});

test('a WebSocket opens for the page that signed in, and for nobody else', async (t) => {
  const { origin, cookie, open, request } = await startConsole(t);
  const { id } = await open();
  const url = (path: string) => origin.replace('http', 'ws') + path;
  const status = (path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(url(path), { headers });
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.once('open', () => {
        resolve(101);
        socket.close();
      });
      socket.on('error', () => {});
    });
  const path = sessionPath(id, 'socket');
  assert.equal(await status(path, { cookie, origin }), 101);
  assert.equal(await status(path, { origin }), 401);
  assert.equal(await status(path, { cookie }), 403);
  assert.equal(await status(path, { cookie, origin: 'https://evil.test' }), 403);
  assert.equal(await status(sessionPath('i1.nope', 'socket'), { cookie, origin }), 404);
  assert.equal(await status('/api/else', { cookie, origin }), 404);

  await status(`${path}?attempt=a1`, { cookie, origin: 'https://evil.test' });
  const report = await (await request(`${apiPaths.transportReport}?id=a1`)).json();
  assert.equal((report as { verdict: string }).verdict, 'refused');
});

test('an ordinary request to the socket is told so, and remembered with what arrived', async (t) => {
  const { open, request } = await startConsole(t);
  const { id } = await open();
  const response = await request(`${sessionPath(id, 'socket')}?attempt=a1`, {
    headers: { via: '1.0 hatchway', 'x-hatchway-connection': 'close' },
  });
  assert.deepEqual(await problem(response), [426, 'HW_UPGRADE_MISSING']);
  const report = await (
    await request(`${apiPaths.transportReport}?id=a1&server=nginx%2F1.22.1`)
  ).json();
  assert.match(JSON.stringify(report), /nginx\/1\.22\.1/);
  assert.equal((report as { fix: { lines: string[] } }).fix.lines.length, 3);
});

test('a viewer that breaks the protocol is told which way, and the session goes on', async (t) => {
  const { origin, cookie, open, console } = await startConsole(t);
  const { id } = await open();
  const closeCode = (frames: (Uint8Array | string)[]) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(origin.replace('http', 'ws') + sessionPath(id, 'socket'), {
        headers: { cookie, origin },
      });
      socket.once('open', () => {
        for (const frame of frames) socket.send(frame);
      });
      socket.once('close', resolve);
      socket.on('error', () => {});
    });
  const hello = (version: number) =>
    encodeFrame({
      type: 'hello',
      version,
      viewer: new Uint8Array(16),
      from: 0,
      cols: 80,
      rows: 24,
    });
  assert.equal(await closeCode(['text']), byeCodes.protocol);
  assert.equal(await closeCode([Uint8Array.of(0x7f)]), byeCodes.protocol);
  assert.equal(await closeCode([encodeFrame({ type: 'ack', offset: 0 })]), byeCodes.protocol);
  assert.equal(await closeCode([hello(wireVersion), hello(wireVersion)]), byeCodes.protocol);
  assert.equal(await closeCode([hello(wireVersion + 1)]), byeCodes.version);
  const future = encodeFrame({ type: 'ack', offset: 1 });
  assert.equal(await closeCode([hello(wireVersion), future]), byeCodes.protocol);
  // Above the largest frame: the code of RFC 6455 for that.
  assert.equal(await closeCode([new Uint8Array(300 * 1024)]), 1009);
  assert.equal(console.openSessionCount, 1);
});

test('input over HTTP needs the stream of the same viewer, and whole frames', async (t) => {
  const { open, request, terminals } = await startConsole(t);
  const { id } = await open();
  const viewer = 'ab'.repeat(16);
  const input = (body: Uint8Array<ArrayBuffer>, of = viewer) =>
    request(`${sessionPath(id, 'input')}?viewer=${of}`, { method: 'POST', body });
  const frame = withLength(encodeFrame({ type: 'input', offset: 0, bytes: Buffer.from('typed') }));
  assert.deepEqual(await problem(await input(frame)), [409, 'HW_NOT_ATTACHED']);

  const query = new URLSearchParams({
    version: String(wireVersion),
    viewer,
    from: '0',
    cols: '80',
    rows: '24',
  });
  const abort = new AbortController();
  const stream = await request(`${sessionPath(id, 'stream')}?${query}`, { signal: abort.signal });
  assert.equal(stream.headers.get('x-accel-buffering'), 'no');
  assert.match(stream.headers.get('cache-control') ?? '', /no-transform/);
  assert.match(stream.headers.get('content-security-policy') ?? '', /script-src/);
  assert.equal((await input(frame)).status, 204);
  assert.equal((await input(frame)).status, 204);
  assert.equal(Buffer.concat(terminals[0]?.written ?? []).toString(), 'typed');
  assert.deepEqual(await problem(await input(frame.slice(0, -1))), [400, 'HW_REQUEST_INVALID']);
  assert.deepEqual(await problem(await input(frame, 'cd'.repeat(16))), [409, 'HW_NOT_ATTACHED']);
  const huge = await input(new Uint8Array(1024 * 1024 + 1));
  assert.deepEqual(await problem(huge), [413, 'HW_REQUEST_TOO_LARGE']);
  abort.abort();

  query.set('version', '99');
  const other = await request(`${sessionPath(id, 'stream')}?${query}`);
  assert.deepEqual(await problem(other), [426, 'HW_WIRE_VERSION']);
});
