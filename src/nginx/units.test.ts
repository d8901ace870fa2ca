import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNumber, parseSize, parseTime } from './units.ts';

const times: readonly [text: string, ms: number | undefined][] = [
  ['0', 0],
  ['60', 60_000],
  ['60s', 60_000],
  ['500ms', 500],
  ['1m', 60_000],
  ['1h30m', 5_400_000],
  ['1h 30m', 5_400_000],
  ['1d12h', 129_600_000],
  ['1h 30', 3_630_000],
  ['1s 500ms', 1500],
  ['3w4d5h6m7s8ms', 2_178_367_008],
  ['5 6', 11_000],
  [' 1', 1000],
  ['5 ', 5000],
  ['', undefined],
  ['s', undefined],
  ['-1', undefined],
  ['1.5s', undefined],
  ['30m1h', undefined],
  ['1s1s', undefined],
  ['1x', undefined],
  ['1 h', undefined],
  ['1M', undefined],
  ['1y', undefined],
  ['99999999999999999999', undefined],
];

for (const [text, ms] of times) {
  test(`the time ${JSON.stringify(text)} is ${ms === undefined ? 'refused' : `${ms} ms`}`, () => {
    assert.equal(parseTime(text), ms);
  });
}

test('where whole seconds are wanted, milliseconds are refused, and years and months are not', () => {
  assert.equal(parseTime('5m', 's'), 300_000);
  assert.equal(parseTime('500ms', 's'), undefined);
  assert.equal(parseTime('1y2M', 's'), 36_720_000_000);
});

test('sizes are bytes, k, m, and g only where it may be', () => {
  assert.equal(parseSize('512'), 512);
  assert.equal(parseSize('8k'), 8192);
  assert.equal(parseSize('1M'), 1_048_576);
  assert.equal(parseSize('1g'), undefined);
  assert.equal(parseSize('1g', true), 1_073_741_824);
  for (const text of ['', 'k', '1kb', '-1', '1.5m', '1 k'])
    assert.equal(parseSize(text), undefined);
});

test('numbers are digits', () => {
  assert.equal(parseNumber('007'), 7);
  for (const text of ['', '-1', '1.5', '0x10']) assert.equal(parseNumber(text), undefined);
});
