import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInNetwork, NetworkSet, parseNetwork, peerAddress } from './networks.ts';

function isIn(address: string, network: string): boolean {
  const peer = peerAddress(address);
  assert.ok(peer !== undefined, address);
  return isInNetwork(peer, parseNetwork(network));
}

test('agrees with Node on which addresses are in a network', () => {
  const four = fc.record({
    ip: fc.constant('ipv4' as const),
    address: fc.ipV4(),
    near: fc.ipV4(),
    prefix: fc.nat(32),
  });
  const six = fc.record({
    ip: fc.constant('ipv6' as const),
    address: fc.ipV6(),
    near: fc.ipV6(),
    prefix: fc.nat(128),
  });
  fc.assert(
    fc.property(fc.oneof(four, six), fc.boolean(), ({ ip, address, near, prefix }, same) => {
      fc.pre(ip === 'ipv4' || !/^(0*:)*f{4}:|^::f{4}:/i.test(address + near));
      const list = new BlockList();
      list.addSubnet(address, prefix, ip);
      const asked = same ? address : near;
      assert.equal(isIn(asked, `${address}/${prefix}`), list.check(asked, ip));
    }),
    { numRuns: 500 },
  );
});

test('networks mean what nginx means by them', () => {
  const cases: [address: string, network: string, inside: boolean][] = [
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.2', '192.0.2.1', false],
    ['192.0.2.77', '192.0.2.5/24', true],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['11.1.2.3', '::ffff:10.0.0.0/104', false],
    ['255.255.255.255', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['10.0.0.1', '::/0', false],
    ['2001:db8::1', '2001:db8::/33', true],
    ['2001:db8:8000::1', '2001:db8::/33', false],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['unix:', 'unix:', true],
    ['unix:', '0.0.0.0/0', false],
    ['192.0.2.1', 'unix:', false],
    ['unix:', 'all', true],
    ['::1', 'all', true],
  ];
  for (const [address, network, inside] of cases) {
    assert.equal(isIn(address, network), inside, `${address} in ${network}`);
  }
});

test('what is no network is refused with its text', () => {
  for (const text of [
    '',
    'x',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '1.2.3.4/8/8',
    'unix:/a',
    '::ffff:0.0.0.0/64',
  ]) {
    assert.throws(() => new NetworkSet([text]), {
      code: 'HW_NETWORK',
      message: `${text} is no network`,
    });
  }
});
