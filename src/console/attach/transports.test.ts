/** Both transports over real connections: what a browser, a proxy that speaks HTTP/1.0 and a bad line see of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../../test/kit/eventually.ts';
import { openTerminal } from '../../../test/kit/terminal-client.ts';
import { apiPaths, type StreamQuery, sessionPath } from '../../wire/api.ts';
import {
  byeCodes,
  decodeSessionFrame,
  encodeFrame,
  type SessionFrame,
  wireVersion,
} from '../../wire/frames.ts';
import { FrameSplitter, withLength } from '../../wire/stream-framing.ts';
import { type RunningConsole, startConsole } from '../testing/start-console.ts';

const viewer = 'ab'.repeat(16);

function streamPath(id: string, from = 0): string {
  const query: StreamQuery = {
    version: String(wireVersion),
    viewer,
    from: String(from),
    cols: '80',
    rows: '24',
  };
  return `${sessionPath(id, 'stream')}?${new URLSearchParams(query)}`;
}

const helloFrame = encodeFrame({
  type: 'hello',
  version: wireVersion,
  viewer: Buffer.from(viewer, 'hex'),
  from: 0,
  cols: 80,
  rows: 24,
});

/** A WebSocket that has said hello, with what came over it. */
function openSocket(t: TestContext, { origin, cookie }: RunningConsole, id: string) {
  const socket = new WebSocket(origin.replace('http', 'ws') + sessionPath(id, 'socket'), {
    headers: { cookie, origin },
  });
  t.after(() => socket.terminate());
  const frames: SessionFrame[] = [];
  socket.on('open', () => socket.send(helloFrame));
  socket.on('message', (data: Buffer) => frames.push(decodeSessionFrame(Uint8Array.from(data))));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  return { socket, frames, closed };
}

/** The frames of a stream, to its end. */
async function readStream(body: AsyncIterable<Uint8Array>): Promise<SessionFrame[]> {
  const splitter = new FrameSplitter();
  const frames: SessionFrame[] = [];
  for await (const chunk of body) frames.push(...splitter.push(chunk).map(decodeSessionFrame));
  assert.ok(splitter.settled);
  return frames;
}

test('the page is told that a session has ended, and does not come back for more', async (t) => {
  const running = await startConsole(t);
  const { origin, cookie, terminals } = running;
  const session = { target: 'fake', workload: 'w' };
  const client = await openTerminal(t, { origin, cookie, session });
  terminals[0]?.print('last words');
  terminals[0]?.exit({ exitCode: 3, reason: 'done' });
  assert.equal(await client.exitCode(), 3);
  assert.equal(client.output().toString(), 'last words');
  await client.until('an end', () => client.connection.snapshot.state.phase === 'ended');
  assert.deepEqual(client.connection.snapshot.state, {
    phase: 'ended',
    code: byeCodes.ended,
    reason: 'the session ended',
  });
  assert.deepEqual(client.openings, { websocket: 1, stream: 0 });
});

test('a stream ends with a goodbye, too', async (t) => {
  const { open, request, terminals } = await startConsole(t);
  const { id } = await open();
  const stream = await request(streamPath(id));
  terminals[0]?.exit({ exitCode: 0, reason: 'done' });
  const frames = await readStream(stream.body as unknown as AsyncIterable<Uint8Array>);
  assert.deepEqual(
    frames.map(({ type }) => type),
    ['welcome', 'state', 'state', 'bye'],
  );
});

test('signing out closes what is open, over both transports', async (t) => {
  const running = await startConsole(t);
  const [one, two] = [await running.open(), await running.open()];
  const { closed, frames } = openSocket(t, running, one.id);
  await eventually('a welcome', () => frames.some(({ type }) => type === 'welcome'));
  const stream = await running.request(streamPath(two.id));
  const streamed = readStream(stream.body as unknown as AsyncIterable<Uint8Array>);
  assert.equal((await running.request(apiPaths.signOut, { method: 'POST' })).status, 204);
  assert.equal(await closed, byeCodes.denied);
  const last = (await streamed).at(-1);
  assert.ok(last?.type === 'bye' && last.code === byeCodes.denied);
  assert.equal((await running.request(apiPaths.sessions)).status, 401);
});

test('attaching over another transport supersedes the first', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const stream = await running.request(streamPath(id));
  const streamed = readStream(stream.body as unknown as AsyncIterable<Uint8Array>);
  const { frames } = openSocket(t, running, id);
  const last = (await streamed).at(-1);
  assert.ok(last?.type === 'bye' && last.code === byeCodes.superseded);
  await eventually('a welcome', () => frames.some(({ type }) => type === 'welcome'));
});

test('a viewer that leaves is gone, one that is cut off is not', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const viewers = async () => (await running.open()).viewers;
  assert.equal(await viewers(), 0);
  const terminal = running.terminals[0];
  const flood = () => {
    for (let i = 0; i < 40; i++) terminal?.print(Buffer.alloc(64 * 1024, 'x'));
  };
  const cut = openSocket(t, running, id);
  await eventually('a welcome', () => cut.frames.length > 1);
  cut.socket.terminate();
  const info = async () =>
    (await (await running.request(sessionPath(id))).json()) as { viewers: number };
  await eventually('nobody is attached', async () => (await info()).viewers === 0);
  flood();
  assert.equal(terminal?.paused, true, 'its place is held');

  const leaving = openSocket(t, running, id);
  await eventually('a welcome', () => leaving.frames.length > 1);
  leaving.socket.close();
  await leaving.closed;
  await eventually('the output runs on', async () => {
    await running.request(sessionPath(id, 'screen'));
    return terminal?.paused === false;
  });
});

/** What comes back to bytes that no library would send. */
async function raw(
  t: TestContext,
  { origin }: RunningConsole,
  head: string,
): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  socket.on('error', () => {});
  socket.write(head);
  return { socket, received: () => bytes };
}

test('a proxy that speaks HTTP/1.0 gets the stream without chunks', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const { received } = await raw(
    t,
    running,
    `GET ${streamPath(id)} HTTP/1.0\r\nCookie: ${running.cookie}\r\n\r\n`,
  );
  await eventually('a welcome', () => received().includes('\r\n\r\n') && received().length > 300);
  running.terminals[0]?.print('printed');
  const body = () => received().subarray(received().indexOf('\r\n\r\n') + 4);
  await eventually('output', () => body().includes('printed'));
  const head = received().toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.match(head, /^connection: close$/im);
  assert.doesNotMatch(head, /transfer-encoding/i);
  const types = new FrameSplitter().push(body()).map((frame) => decodeSessionFrame(frame).type);
  assert.deepEqual(types, ['welcome', 'state', 'output']);
});

test('of a POST that is cut off, what came whole is taken', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const abort = new AbortController();
  await running.request(streamPath(id), { signal: abort.signal });
  const frame = withLength(encodeFrame({ type: 'input', offset: 0, bytes: Buffer.from('typed') }));
  const { socket } = await raw(
    t,
    running,
    `POST ${sessionPath(id, 'input')}?viewer=${viewer} HTTP/1.1\r\nHost: x\r\nOrigin: ${running.origin}\r\n` +
      `Cookie: ${running.cookie}\r\nContent-Length: 1000\r\n\r\n`,
  );
  socket.write(frame);
  await eventually('the input', () => running.terminals[0]?.writtenBytes === 5);
  socket.destroy();
  abort.abort();
});

test('no address of an upgrade request can bring the server down', async (t) => {
  const running = await startConsole(t);
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  for (const [target, cookie, status] of [
    ['//', '', 401],
    ['//[', running.cookie, 404],
    ['*', running.cookie, 404],
    ['/api/sessions/%zz/socket', running.cookie, 404],
    ['http://[/api', running.cookie, 404],
  ] as const) {
    const { received } = await raw(
      t,
      running,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nOrigin: ${running.origin}\r\nCookie: ${cookie}\r\n${upgrade}\r\n`,
    );
    await eventually(`an answer for ${target}`, () => received().length > 0);
    assert.match(received().toString(), new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(received().toString(), /content-security-policy/i);
  }
  assert.equal((await running.request(apiPaths.sessions)).status, 200);
});

test('a handshake that is none is answered with a problem and remembered', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const { received } = await raw(
    t,
    running,
    `GET ${sessionPath(id, 'socket')}?attempt=a1 HTTP/1.1\r\nHost: x\r\nOrigin: ${running.origin}\r\n` +
      `Cookie: ${running.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await eventually('an answer', () => received().includes('HW_REQUEST_INVALID'));
  const report = await (await running.request(`${apiPaths.transportReport}?id=a1`)).json();
  assert.equal((report as { verdict: string }).verdict, 'refused');
});

test('a connection within the process serves pages and WebSockets', async (t) => {
  const running = await startConsole(t);
  const { id } = await running.open();
  const connection = () => {
    const [ours, theirs] = duplexPair();
    running.console.accept(theirs);
    return ours;
  };
  const page = httpRequest({ path: '/', createConnection: connection }).end();
  const [response] = await once(page, 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
  const socket = new WebSocket(`ws://in.process${sessionPath(id, 'socket')}`, {
    headers: { cookie: running.cookie, origin: running.origin },
    createConnection: connection as never,
  });
  t.after(() => socket.terminate());
  socket.on('open', () => socket.send(helloFrame));
  const [data] = await once(socket, 'message');
  assert.equal(decodeSessionFrame(Uint8Array.from(data)).type, 'welcome');
});
