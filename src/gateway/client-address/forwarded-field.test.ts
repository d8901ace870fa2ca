import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ForwardedElement, parseForwarded } from './forwarded-field.ts';

function element(parts: Partial<ForwardedElement>): ForwardedElement {
  return { for: undefined, host: undefined, proto: undefined, ...parts };
}

test('elements are read as RFC 7239 writes them', () => {
  const cases: [values: string[], elements: readonly ForwardedElement[] | undefined][] = [
    [['for="_gazonk"'], [element({ for: '_gazonk' })]],
    [['For="[2001:db8:cafe::17]:4711"'], [element({ for: '[2001:db8:cafe::17]:4711' })]],
    [
      ['for=192.0.2.60;proto=http;by=203.0.113.43'],
      [element({ for: '192.0.2.60', proto: 'http' })],
    ],
    [
      ['for=192.0.2.43, for=198.51.100.17;host="a, b;c"'],
      [element({ for: '192.0.2.43' }), element({ for: '198.51.100.17', host: 'a, b;c' })],
    ],
    [
      ['for=a', 'for=b'],
      [element({ for: 'a' }), element({ for: 'b' })],
    ],
    [['for="a\\"b\\\\"'], [element({ for: 'a"b\\' })]],
    [['for=a;;proto=https;'], [element({ for: 'a', proto: 'https' })]],
    [[', for=a,,'], [element({ for: 'a' })]],
    [['for=a;ext=1'], [element({ for: 'a' })]],
    [[], []],
    [[''], []],
  ];
  for (const [values, elements] of cases) {
    assert.deepEqual(parseForwarded(values), elements, values.join(' | '));
  }
});

test('one mistake makes the whole field worthless', () => {
  for (const value of [
    'for',
    'for=',
    'for="a',
    'for=a b',
    'for=a;for=b',
    'for=[::1]',
    'for=a:1',
    'for=a, x',
  ]) {
    assert.equal(parseForwarded(['for=192.0.2.1', value]), undefined, value);
  }
});

test('a hostile field takes no more time than its length', () => {
  const length = 200_000;
  assert.equal(parseForwarded([`for="${'\\a'.repeat(length)}`]), undefined);
  assert.equal(parseForwarded(['for=a;'.repeat(length)]), undefined);
  assert.deepEqual(parseForwarded([',;'.repeat(length)]), []);
});
