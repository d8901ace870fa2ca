import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lastChunk } from './chunk-writer.ts';
import { RequestHeadReader, ResponseHeadReader } from './head.ts';
import {
  checkedFieldLine,
  checkedFieldLines,
  fieldLines,
  requestLine,
  statusLine,
} from './head-writer.ts';

const limits = { headBytes: 64 * 1024, headFields: 100 };
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]{0,30}[!-~\x80-\xff])?)?$/);
const fields = fc
  .array(fc.tuple(token, value), { maxLength: 20 })
  .map((pairs) =>
    pairs.filter(([name]) => !/^(?:host|content-length|transfer-encoding)$/i.test(name)),
  )
  .map((pairs) => pairs.flat());

test('a request that is written is read as it was', () => {
  fc.assert(
    fc.property(token, fc.stringMatching(/^\/[!"$-~]{0,40}$/), fields, (method, target, flat) => {
      fc.pre(method !== 'CONNECT');
      const sent = ['Host', 'a.example', ...flat];
      const text = `${requestLine(method, target)}${checkedFieldLines(sent)}\r\n`;
      const head = new RequestHeadReader(limits).push(Buffer.from(text, 'latin1'));
      assert.equal(head?.method, method);
      assert.equal(head?.target, target);
      assert.equal(head?.minor, 1);
      assert.deepEqual(head?.fields.flat, sent);
      assert.equal(fieldLines(sent), checkedFieldLines(sent));
    }),
  );
});

test('a response that is written is read as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), value, fields, (status, reason, flat) => {
      const text = `${statusLine(status, reason)}${checkedFieldLines(flat)}\r\n`;
      const head = new ResponseHeadReader(limits).push(Buffer.from(text, 'latin1'));
      assert.equal(head?.status, status);
      assert.equal(head?.reason, reason);
      assert.deepEqual(head?.fields.flat, flat);
    }),
  );
});

test('a field from elsewhere cannot break out of its line', () => {
  const bad = { code: 'HW_HTTP_WRITE', status: 500 };
  for (const text of ['a\r\nX: y', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'a\u010ab', 'a\u{1f600}']) {
    assert.throws(() => checkedFieldLine('X-Name', text), bad, JSON.stringify(text));
    assert.throws(() => checkedFieldLines(['A', 'b', 'X-Name', text]), bad, JSON.stringify(text));
    assert.throws(() => lastChunk(['X-Name', text]), bad, JSON.stringify(text));
    assert.throws(() => checkedFieldLine(text, 'value'), bad, JSON.stringify(text));
  }
  for (const name of ['', 'a b', 'a:', 'Ä', ' a']) {
    assert.throws(() => checkedFieldLine(name, 'value'), bad, JSON.stringify(name));
  }
  assert.equal(checkedFieldLine('X-Name', 'a \t\xff'), 'X-Name: a \t\xff\r\n');
});
