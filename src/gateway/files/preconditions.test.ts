import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fields } from '../../http1/fields.ts';
import { mayContinue, precondition } from './preconditions.ts';

const modifiedAt = 1_700_000_000;
const time = 'Tue, 14 Nov 2023 22:13:20 GMT';
const validators = { etag: '"a-b"', modifiedAt };

function decide(...flat: string[]): string {
  return precondition(Fields.of(flat), validators, 'exact');
}

test('without conditions a file is sent', () => {
  assert.equal(decide(), 'send');
});

test('a client that has the file is told so', () => {
  for (const tag of ['"a-b"', 'W/"a-b"', '*', '"x", "a-b"', '"x" ,\t W/"a-b" , "y"']) {
    assert.equal(decide('If-None-Match', tag), 'not-modified', tag);
  }
  for (const tag of ['"a-c"', 'a-b', '"a-b"c', '', '"a-b', '**']) {
    assert.equal(decide('If-None-Match', tag), 'send', tag);
  }
  assert.equal(decide('If-Modified-Since', time), 'not-modified');
});

test('tag and time have to say the same', () => {
  const other = 'Tue, 14 Nov 2023 22:13:21 GMT';
  assert.equal(decide('If-None-Match', '"x"', 'If-Modified-Since', time), 'send');
  assert.equal(decide('If-None-Match', '"a-b"', 'If-Modified-Since', other), 'send');
});

test('a change of what has changed is refused', () => {
  assert.equal(decide('If-Match', '"x"'), 'failed');
  // RFC 9110, 13.1.1: a weak tag is no match.
  assert.equal(decide('If-Match', 'W/"a-b"'), 'failed');
  assert.equal(decide('If-Match', '"a-b"'), 'send');
  assert.equal(decide('If-Unmodified-Since', 'Tue, 14 Nov 2023 22:13:19 GMT'), 'failed');
  assert.equal(decide('If-Unmodified-Since', 'no day'), 'failed');
  assert.equal(decide('If-Unmodified-Since', time), 'send');
});

test('a part continues the same file only', () => {
  assert.equal(mayContinue(undefined, validators), true);
  assert.equal(mayContinue('"a-b"', validators), true);
  assert.equal(mayContinue('W/"a-b"', validators), false);
  assert.equal(mayContinue(time, validators), true);
  assert.equal(mayContinue('no day', validators), false);
  assert.equal(mayContinue('"a-b"', { ...validators, etag: undefined }), false);
});
