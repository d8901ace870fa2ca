import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startNginx } from '../../../test/kit/nginx.ts';
import { rawConnect } from '../testing/raw-socket.ts';
import { crc32c } from './crc32c.ts';
import { type ProxyProtocolHeader, ProxyProtocolReader } from './proxy-protocol.ts';

const nothing = {
  sourceAddress: undefined,
  sourcePort: undefined,
  destinationAddress: undefined,
  destinationPort: undefined,
};

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function v2(command: number, family: number, body: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt8(command, 0);
  prefix.writeUInt8(family, 1);
  prefix.writeUInt16BE(body.length, 2);
  return Buffer.concat([signature, prefix, body]);
}

function tlv(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]);
}

const inetBody = Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0x01, 0xbb]);
const inetFacts = {
  sourceAddress: '192.0.2.1',
  sourcePort: 0x1234,
  destinationAddress: '10.0.0.1',
  destinationPort: 443,
};

function read(bytes: Buffer | string): ProxyProtocolHeader | undefined {
  return new ProxyProtocolReader().push(
    typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  );
}

test('a line of version 1 says who speaks to whom', () => {
  assert.deepEqual(read('PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n')?.facts, inetFacts);
  assert.deepEqual(read('PROXY TCP6 2001:DB8::0:1 ::1 0 65535\r\n')?.facts, {
    sourceAddress: '2001:db8::1',
    sourcePort: 0,
    destinationAddress: '::1',
    destinationPort: 65535,
  });
  assert.equal(read('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n')?.facts.sourceAddress, '192.0.2.1');
  assert.deepEqual(read('PROXY UNKNOWN\r\n')?.facts, nothing);
  assert.deepEqual(read('PROXY UNKNOWN any thing at all\r\n')?.facts, nothing);
  const f = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const longest = `PROXY UNKNOWN ${f} ${f} 65535 65535\r\n`;
  assert.equal(longest.length, 107);
  assert.deepEqual(read(longest)?.facts, nothing);
});

test('a header of version 2 says who speaks to whom', () => {
  assert.deepEqual(read(v2(0x21, 0x11, inetBody))?.facts, inetFacts);
  const six = Buffer.from(
    '20010db8000000000000000000000001fd0000000000000000000000000000020001ffff',
    'hex',
  );
  assert.deepEqual(read(v2(0x21, 0x21, six))?.facts, {
    sourceAddress: '2001:db8::1',
    sourcePort: 1,
    destinationAddress: 'fd00::2',
    destinationPort: 65535,
  });
  const unix = read(v2(0x21, 0x31, Buffer.alloc(216, 'x')))?.facts;
  assert.deepEqual(unix, { ...nothing, sourceAddress: 'unix:', destinationAddress: 'unix:' });
  assert.deepEqual(read(v2(0x20, 0x11, inetBody))?.facts, nothing, 'LOCAL');
  assert.deepEqual(
    read(v2(0x20, 0x00, Buffer.alloc(0)))?.facts,
    nothing,
    'LOCAL without addresses',
  );
  assert.deepEqual(read(v2(0x21, 0x00, Buffer.alloc(7)))?.facts, nothing, 'of no family');
  assert.deepEqual(read(v2(0x21, 0x12, inetBody))?.facts, nothing, 'datagrams');
});

test('extensions are skipped, and their checksum is checked', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  const plain = v2(
    0x21,
    0x11,
    Buffer.concat([inetBody, tlv(0x01, Buffer.from('h2')), tlv(0x04, Buffer.alloc(300))]),
  );
  assert.deepEqual(read(plain)?.facts, inetFacts);
  const summed = v2(
    0x21,
    0x11,
    Buffer.concat([inetBody, tlv(0x03, Buffer.alloc(4)), tlv(0xea, Buffer.from('vpce'))]),
  );
  const at = signature.length + 4 + inetBody.length + 3;
  assert.throws(() => read(summed), /its checksum is wrong/);
  summed.writeUInt32BE(crc32c(summed), at);
  assert.deepEqual(read(summed)?.facts, inetFacts);
  summed.writeUInt8(193, 16);
  assert.throws(() => read(summed), /its checksum is wrong/);
});

test('what is no header is refused with its reason, at the first byte that shows it', () => {
  const cases: [bytes: Buffer | string, reason: RegExp][] = [
    ['G', /missing/],
    ['\x16\x03\x01', /missing/],
    ['PROXX', /missing/],
    ['\r\n\r\n\0\r\nQUIX', /missing/],
    ['PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n', /CRLF/],
    ['PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n', /port/],
    ['PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n', /more than/],
    ['PROXY TCP4 192.0.2.1  10.0.0.1 1 2\r\n', /./],
    ['PROXY TCP4 ::1 10.0.0.1 1 2\r\n', /TCP4/],
    ['PROXY TCP6 192.0.2.1 ::1 1 2\r\n', /TCP6/],
    ['PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n', /port/],
    ['PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n', /port/],
    ['PROXY tcp4 192.0.2.1 10.0.0.1 1 2\r\n', /family/],
    ['PROXY UNKNOWNX\r\n', /family/],
    [`PROXY UNKNOWN ${'x'.repeat(93)}`, /longer than 107/],
    [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, /longer than 107/],
    [v2(0x11, 0x11, inetBody), /version is 1/],
    [v2(0x22, 0x11, inetBody), /command is 2/],
    [v2(0x21, 0x41, inetBody), /family is 0x41/],
    [v2(0x21, 0x13, inetBody), /family is 0x13/],
    [v2(0x21, 0x11, inetBody.subarray(1)), /too short/],
    [v2(0x21, 0x21, inetBody), /too short/],
    [v2(0x21, 0x11, Buffer.concat([inetBody, Buffer.from([1])])), /extension/],
    [v2(0x21, 0x11, Buffer.concat([inetBody, Buffer.from([1, 0, 9, 0])])), /extension/],
    [v2(0x21, 0x11, Buffer.concat([inetBody, tlv(0x03, Buffer.alloc(3))])), /4 bytes/],
    [v2(0x21, 0x11, Buffer.alloc(4081)).subarray(0, 16), /longer than 4096/],
  ];
  for (const [bytes, reason] of cases) {
    const text = JSON.stringify(bytes.toString('latin1'));
    assert.throws(() => read(bytes), { code: 'HW_PROXY_PROTOCOL', message: reason }, text);
  }
});

test('however the bytes are cut, the header is the same and nothing behind it is lost', () => {
  const headers = fc.constantFrom(
    Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n'),
    v2(0x21, 0x11, Buffer.concat([inetBody, tlv(0x04, Buffer.alloc(20))])),
  );
  fc.assert(
    fc.property(
      headers,
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (header, after, cuts) => {
        const stream = Buffer.concat([header, after]);
        const reader = new ProxyProtocolReader();
        let found: ProxyProtocolHeader | undefined;
        let at = 0;
        for (let i = 0; found === undefined; i++) {
          assert.ok(at < stream.length, 'the header was not found');
          const size = cuts[i % cuts.length] ?? 1;
          found = reader.push(stream.subarray(at, at + size));
          at = Math.min(stream.length, at + size);
          assert.equal(found !== undefined, at >= header.length);
        }
        assert.deepEqual(found.facts, inetFacts);
        assert.deepEqual(Buffer.concat([found.rest, stream.subarray(at)]), Buffer.from(after));
      },
    ),
  );
});

test('no bytes make the reader fail in any other way, or wait for more than a header can have', () => {
  const starts = fc.constantFrom(
    'PROXY ',
    'PROXY TCP4 ',
    signature.toString('latin1'),
    `${signature.toString('latin1')}!\x11`,
  );
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, more) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), more]);
      try {
        if (read(bytes) === undefined) assert.ok(bytes.length < 4096);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'HW_PROXY_PROTOCOL');
      }
    }),
    { numRuns: 1000 },
  );
});

test('nginx finds the same addresses in the same headers, and none in those that are refused here', async (t) => {
  const nginx = await startNginx(
    t,
    ({ port }) => `server { listen 127.0.0.1:${port} proxy_protocol; return 200
      "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port"; }`,
  );
  const six = Buffer.from(
    '20010db8000000000000000000000001fd0000000000000000000000000000020001ffff',
    'hex',
  );
  const headers: (string | Buffer)[] = [
    'PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n',
    'PROXY TCP6 2001:db8::1 ::1 0 65535\r\n',
    'PROXY UNKNOWN\r\n',
    'PROXY UNKNOWN any thing at all\r\n',
    v2(0x21, 0x11, inetBody),
    v2(0x21, 0x21, six),
    v2(0x20, 0x11, inetBody),
    v2(0x21, 0x11, Buffer.concat([inetBody, tlv(0x04, Buffer.alloc(20))])),
    'PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n',
    'PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n',
    'PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n',
    'PROXY tcp4 192.0.2.1 10.0.0.1 1 2\r\n',
    v2(0x11, 0x11, inetBody),
    'GET / HTTP/1.0\r\n\r\n',
  ];
  for (const header of headers) {
    const what = JSON.stringify(header.toString('latin1'));
    assert.equal(await askNginx(nginx.port, header), textOf(header), what);
  }
});

/** What nginx's variables would be; undefined for a header that is refused. */
function textOf(header: string | Buffer): string | undefined {
  try {
    const facts = read(header)?.facts;
    assert.ok(facts !== undefined, 'not whole');
    const { sourceAddress, sourcePort, destinationAddress, destinationPort } = facts;
    // It writes port 0 as nothing.
    return [sourceAddress, sourcePort || '', destinationAddress, destinationPort || ''].join(' ');
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'HW_PROXY_PROTOCOL');
    return undefined;
  }
}

async function askNginx(port: number, header: string | Buffer): Promise<string | undefined> {
  const client = await rawConnect(port);
  client.write(header);
  client.end('GET / HTTP/1.0\r\n\r\n');
  await client.gone();
  const answer = client.pending;
  client.destroy();
  return answer.startsWith('HTTP/1.1 200 ')
    ? answer.slice(answer.indexOf('\r\n\r\n') + 4)
    : undefined;
}
