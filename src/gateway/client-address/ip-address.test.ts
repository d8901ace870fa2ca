import assert from 'node:assert/strict';
import { isIP, SocketAddress } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBytes, canonicalIp, parseIp } from './ip-address.ts';

test('every IPv4 address survives being read and written', () => {
  fc.assert(fc.property(fc.ipV4(), (text) => assert.equal(canonicalIp(text), text)));
});

test('every IPv6 address is written as Node writes it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const byNode = new SocketAddress({ address: text, family: 'ipv6' }).address;
      // Inside IPv6, IPv4 may be written with dots.
      const expected = byNode.startsWith('::ffff:') ? byNode.slice(7) : byNode;
      const canonical = canonicalIp(text);
      if (byNode.includes('.') && !byNode.startsWith('::ffff:')) {
        assert.deepEqual(parseIp(canonical ?? ''), parseIp(byNode));
      } else {
        assert.equal(canonical, expected);
      }
    }),
    { numRuns: 500 },
  );
});

test('what Node takes for an address is one, and nothing else', () => {
  const pieces = fc.constantFrom(
    '0',
    '1',
    '01',
    '255',
    '256',
    'ffff',
    'g',
    '::',
    ':',
    '.',
    '1.2.3.4',
    '',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 3000 },
  );
});

test('IPv4 inside IPv6 is IPv4, and IPv6 has one spelling', () => {
  const cases: [text: string, canonical: string | undefined][] = [
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['fe80::1%eth0', undefined],
    ['010.0.0.1', undefined],
    ['1.2.3', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1::2::3', undefined],
    [':1:2:3:4:5:6:7', undefined],
  ];
  for (const [text, canonical] of cases) assert.equal(canonicalIp(text), canonical, text);
});

test('the bytes of an address are four or sixteen, and no address stays as it is', () => {
  const hex = (text: string) => Buffer.from(addressBytes(text), 'latin1').toString('hex');
  assert.equal(hex('192.0.2.255'), 'c00002ff');
  assert.equal(hex('2001:db8::1'), '20010db8000000000000000000000001');
  assert.equal(hex('fe80::1%eth0'), 'fe800000000000000000000000000001');
  assert.equal(addressBytes('unix:'), 'unix:');
});
