import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hostPatternKey, parseHostPattern } from './host-pattern.ts';
import { formatListenAddress, isLocal, overlaps, parseListenAddress } from './listen-address.ts';
import { parsePathPattern } from './path-pattern.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

describe('quantities', () => {
  test('what is printed reads back as the same duration or size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (value) => {
        assert.equal(parseDuration(formatDuration(value)), value);
        assert.equal(parseSize(formatSize(value)), value);
      }),
    );
  });

  test('units and fractions', () => {
    assert.equal(parseDuration('1.5m'), 90_000);
    assert.equal(parseDuration('24d'), 2_073_600_000);
    assert.equal(parseSize('1 MiB'), 1_048_576);
    assert.equal(formatDuration(90_000), '90s');
    assert.equal(formatSize(32_768), '32KiB');
  });

  for (const text of ['', '5', 's', '5S', '-5s', '5 5s', '0ms', '25d', '1e3s', '٥s']) {
    test(`"${text}" is no duration`, () => {
      assert.throws(() => parseDuration(text), { code: 'HW_CONFIG_INVALID' });
    });
  }
});

describe('listen addresses', () => {
  const same: [string, string][] = [
    ['8022', '127.0.0.1:8022'],
    ['0.0.0.0:0', '0.0.0.0:0'],
    ['LOCALHOST:80', 'localhost:80'],
    ['[0:0:0:0:0:0:0:1]:65535', '[::1]:65535'],
    ['[fe80::1%eth0]:80', '[fe80::1%eth0]:80'],
    ['unix:/run/x.sock', 'unix:/run/x.sock'],
    ['unix:///run/x.sock', 'unix:/run/x.sock'],
    ['unix:x.sock', 'unix:x.sock'],
  ];
  for (const [text, canonical] of same) {
    test(`${text} is ${canonical}`, () => {
      assert.equal(formatListenAddress(parseListenAddress(text)), canonical);
    });
  }

  test('what is printed reads back as the same address', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.nat({ max: 65_535 }), (name, port) => {
        const address = parseListenAddress(`${name.includes(':') ? `[${name}]` : name}:${port}`);
        assert.deepEqual(parseListenAddress(formatListenAddress(address)), address);
      }),
    );
  });

  test('only addresses that stay on this machine are local', () => {
    const local = ['8022', '127.9.9.9:1', '[::1]:1', 'localhost:1', 'unix:/x'];
    const open = ['0.0.0.0:1', '[::]:1', '192.168.0.1:1', 'example.com:1', '128.0.0.1:1'];
    assert.deepEqual(local.map(parseListenAddress).map(isLocal), Array(5).fill(true));
    assert.deepEqual(open.map(parseListenAddress).map(isLocal), Array(5).fill(false));
  });

  test('an address overlaps with every address of its family on the same port', () => {
    const pairs: [string, string, boolean][] = [
      ['0.0.0.0:80', '127.0.0.1:80', true],
      ['[::]:80', '127.0.0.1:80', true],
      ['[::]:80', '0.0.0.0:80', true],
      ['0.0.0.0:80', '[::1]:80', false],
      ['0.0.0.0:80', '127.0.0.1:81', false],
      ['127.0.0.1:80', '127.0.0.2:80', false],
      ['0.0.0.0:0', '127.0.0.1:0', false],
      ['0.0.0.0:80', 'unix:/x', false],
    ];
    for (const [a, b, expected] of pairs) {
      const [first, second] = [parseListenAddress(a), parseListenAddress(b)];
      assert.equal(overlaps(first, second), expected, `${a} ${b}`);
      assert.equal(overlaps(second, first), expected, `${b} ${a}`);
    }
  });
});

describe('host patterns', () => {
  test('a name with a leading dot is the name and everything below it', () => {
    assert.deepEqual(parseHostPattern('.Example.com').map(hostPatternKey), [
      'example.com',
      '*.example.com',
    ]);
  });

  test('a name is lower case, ASCII, and without the dot of the root', () => {
    const keys = ['EXAMPLE.com.', 'bücher.example', 'sweet_swarm', '[0:0::1]', 'mail.*'];
    assert.deepEqual(keys.flatMap(parseHostPattern).map(hostPatternKey), [
      'example.com',
      'xn--bcher-kva.example',
      'sweet_swarm',
      '[::1]',
      'mail.*',
    ]);
  });

  test('a regular expression matches hosts in whatever case it is written', () => {
    const [pattern] = parseHostPattern('~^Sweet\\.domain\\.com$');
    assert.ok(pattern?.kind === 'regex' && pattern.regex.test('sweet.domain.com'));
  });
});

describe('path patterns', () => {
  test("nginx's five kinds, with or without a space behind the sign", () => {
    assert.deepEqual(
      ['/a', '= /a', '=/a', '^~ /a b/', '~ ^/a', '~*\\.PNG$'].map(parsePathPattern),
      [
        { kind: 'prefix', path: '/a', beforeRegex: false },
        { kind: 'exact', path: '/a' },
        { kind: 'exact', path: '/a' },
        { kind: 'prefix', path: '/a b/', beforeRegex: true },
        { kind: 'regex', regex: /^\/a/ },
        { kind: 'regex', regex: /\.PNG$/i },
      ],
    );
  });

  test('a path that no request can have after it is normalised is refused', () => {
    for (const path of ['/a//b', '/a/./b', '/a/..', '/.', '/a%2fb', '/a?b', '/a#b', 'a', '', '=']) {
      assert.throws(() => parsePathPattern(path), { code: 'HW_CONFIG_INVALID' }, path);
    }
    for (const path of ['/', '/a/', '/.well-known/', '/a..b', '/...', '/100%']) {
      assert.equal(parsePathPattern(path).kind, 'prefix', path);
    }
  });
});

describe('upstream URLs', () => {
  test('scheme, host and port, with the default port of the scheme', () => {
    const parsed = ['http://a', 'HTTPS://A_b:9443', 'https://[::1]', 'unix:/x', 'http://unix:/x']
      .map(parseUpstreamUrl)
      .map(({ scheme, host, port, socketPath }) => [scheme, host, port, socketPath]);
    assert.deepEqual(parsed, [
      ['http', 'a', 80, ''],
      ['https', 'a_b', 9443, ''],
      ['https', '::1', 443, ''],
      ['unix', '', 0, '/x'],
      ['unix', '', 0, '/x'],
    ]);
  });

  test('a password in a URL is refused without being repeated', () => {
    assert.throws(
      () => parseUpstreamUrl('http://me:hunter2@localhost'),
      (error: Error) => !JSON.stringify([error.message, error]).includes('hunter2'),
    );
  });
});
