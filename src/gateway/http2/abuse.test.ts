import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { after, test } from 'node:test';
import { TestCertificates } from '../testing/certificates.ts';
import type { GatewayKit } from '../testing/gateway-kit.ts';
import { startHttp2Gateway } from './testing/http2-kit.ts';
import {
  fieldBlock,
  flags,
  frame,
  frameTypes,
  pseudoFields,
  RawHttp2,
} from './testing/raw-http2.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

function many(count: number, make: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
}

/** The stream of a client's request by its number. */
function streamOf(index: number): number {
  return 1 + 2 * index;
}

function head(stream: number, flat: readonly string[] = pseudoFields()): Buffer {
  return frame(frameTypes.headers, flags.endHeaders | flags.endStream, stream, fieldBlock(flat));
}

function reset(stream: number): Buffer {
  return frame(frameTypes.rstStream, 0, stream, Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL));
}

/** Answers everything that comes. */
async function serve(kit: GatewayKit): Promise<void> {
  for (;;) {
    const upstream = await kit.upstream.accept();
    void (async () => {
      for (;;) {
        await upstream.head();
        upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }
    })().catch(() => {});
  }
}

const floods: Record<string, Buffer> = {
  'requests that are reset at once': many(2000, (i) =>
    Buffer.concat([head(streamOf(i)), reset(streamOf(i))]),
  ),
  'requests whose windows are opened by nothing': many(2000, (i) =>
    Buffer.concat([
      head(streamOf(i)),
      frame(frameTypes.windowUpdate, 0, streamOf(i), Buffer.alloc(4)),
    ]),
  ),
  'malformed requests': many(2000, (i) =>
    head(streamOf(i), [...pseudoFields(), 'connection', 'close']),
  ),
  'more streams than are allowed': many(2000, (i) =>
    frame(frameTypes.headers, flags.endHeaders, streamOf(i), fieldBlock(pseudoFields('POST'))),
  ),
  'a head without end': Buffer.concat([
    frame(frameTypes.headers, 0, 1, fieldBlock(pseudoFields())),
    many(1000, () => frame(frameTypes.continuation, 0, 1, fieldBlock(['x', 'y']))),
  ]),
  pings: many(3000, () => frame(frameTypes.ping, 0, 0, Buffer.alloc(8))),
  settings: many(3000, () => frame(frameTypes.settings, 0, 0, '')),
  'data without data': Buffer.concat([
    frame(frameTypes.headers, flags.endHeaders, 1, fieldBlock(pseudoFields('POST'))),
    many(3000, () => frame(frameTypes.data, 0, 1, '')),
  ]),
  'frames that are none': Buffer.alloc(100_000, 0xff),
};

for (const [what, bytes] of Object.entries(floods)) {
  test(`a client that sends ${what} is sent away, and leaves nothing`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    void serve(kit);
    const raw = await RawHttp2.connect(context, kit.port);
    raw.socket.write(bytes);
    while ((await raw.next()) !== undefined);
    await kit.opened({ clients: 0 });
    await kit.logged(/a client of HTTP\/2 was sent away/);
    // The gateway itself is well.
    const other = await RawHttp2.connect(context, kit.port);
    other.request(1, pseudoFields());
    assert.equal((await other.nextOf(frameTypes.headers))?.stream, 1);
  });
}

test('who resets requests is told to calm down, and few of them were asked for', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  void serve(kit);
  const raw = await RawHttp2.connect(context, kit.port);
  raw.socket.write(floods['requests that are reset at once'] as Buffer);
  const goaway = await raw.nextOf(frameTypes.goaway);
  assert.equal(goaway?.payload.readUInt32BE(4), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  assert.ok(kit.upstream.connections < 10, `${kit.upstream.connections} connections`);
});

test('leaving a page with everything under way is not abuse', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  void serve(kit);
  const raw = await RawHttp2.connect(context, kit.port);
  const count = 100;
  raw.socket.write(many(count, (i) => head(streamOf(i))));
  raw.socket.write(many(count, (i) => reset(streamOf(i))));
  raw.request(streamOf(count), pseudoFields());
  for (;;) {
    const answer = await raw.nextOf(frameTypes.headers);
    assert.ok(answer !== undefined, 'the connection lives');
    if (answer.stream === streamOf(count)) break;
  }
});

/** What Node refuses by itself is reset, or the field is taken out: either way nobody behind sees it. */
const smuggled: Record<string, readonly string[]> = {
  'a line end and a field': [...pseudoFields(), 'x-a', 'b\r\ntransfer-encoding: chunked'],
  'a line feed': [...pseudoFields(), 'x-a', 'b\ntransfer-encoding: chunked'],
  'a NUL': [...pseudoFields(), 'x-a', 'b\0c'],
  'a field in a name': [...pseudoFields(), 'x-a: b\r\nx-b', 'c'],
  'a request in the path': pseudoFields('GET', '/ HTTP/1.1\r\nHost: b\r\n\r\nGET /x-a'),
  'a request in the method': pseudoFields('GET / HTTP/1.1\r\nx-a: b\r\n\r\nGET'),
  'an absolute target': pseudoFields('GET', 'http://x-a.test/'),
  'an upgrade': [...pseudoFields(), 'upgrade', 'x-a'],
  'Transfer-Encoding': [...pseudoFields('POST'), 'transfer-encoding', 'chunked, x-a'],
  Connection: [...pseudoFields(), 'connection', 'x-a'],
  'Keep-Alive': [...pseudoFields(), 'keep-alive', 'x-a'],
  'Proxy-Connection': [...pseudoFields(), 'proxy-connection', 'x-a'],
  TE: [...pseudoFields(), 'te', 'x-a'],
  'two Host fields': [...pseudoFields(), 'host', 'x-a.test', 'host', 'x-a.test'],
  'another Host': [...pseudoFields(), 'host', 'x-a.test'],
  'two Content-Lengths': [...pseudoFields(), 'content-length', '0', 'content-length', '3'],
  'a Content-Length that is none': [...pseudoFields(), 'content-length', '0x3'],
  'a Content-Length without body': [...pseudoFields('POST'), 'content-length', '3'],
};

for (const value of [' b', 'b ', '\tb', 'b\t']) {
  test(`${JSON.stringify(value)} is no value, and its request is refused`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    const raw = await RawHttp2.connect(context, kit.port);
    raw.request(1, [...pseudoFields(), 'x-a', value]);
    // RFC 7541, appendix A: `:status: 400` is entry 12.
    assert.equal((await raw.nextOf(frameTypes.headers))?.payload[0], 0x80 + 12);
    assert.equal(kit.upstream.connections, 0);
  });
}

for (const [what, flat] of Object.entries(smuggled)) {
  test(`${what} does not reach an upstream`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    const heads: string[] = [];
    void (async () => {
      for (;;) {
        const upstream = await kit.upstream.accept();
        heads.push(await upstream.head());
        upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      }
    })().catch(() => {});
    const raw = await RawHttp2.connect(context, kit.port);
    raw.request(1, flat);
    assert.ok((await raw.nextOf(frameTypes.headers, frameTypes.rstStream)) !== undefined);
    assert.ok(heads.length <= 1, 'one request at most');
    for (const text of heads) {
      assert.doesNotMatch(text, /x-a|transfer-encoding|content-length/i);
    }
  });
}
