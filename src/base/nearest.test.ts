import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

const words = ['listen', 'host', 'upgrade', 'upstreamTls', 'accessLog', 'to', 'key'];

test('a swapped, missing, extra or wrong letter is forgiven', () => {
  assert.equal(nearest('upgarde', words), 'upgrade');
  assert.equal(nearest('lsten', words), 'listen');
  assert.equal(nearest('hosts', words), 'host');
  assert.equal(nearest('upgrode', words), 'upgrade');
});

test('case and joining characters do not count', () => {
  assert.equal(nearest('access_log', words), 'accessLog');
  assert.equal(nearest('UPSTREAM-TLS', words), 'upstreamTls');
});

test('a word with more than a third of its letters wrong is another word', () => {
  assert.equal(nearest('frobnicate', words), undefined);
  assert.equal(nearest('lxxxen', words), undefined);
  assert.equal(nearest('', words), undefined);
});

test('the closest of several wins, the first of equals', () => {
  assert.equal(nearest('kex', ['key', 'hex']), 'key');
  assert.equal(nearest('hostt', ['hosts', 'host']), 'hosts');
});
