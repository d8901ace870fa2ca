import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitMeaning } from './exit-meaning.ts';

test('codes with a convention are explained, others speak for themselves', () => {
  assert.match(exitMeaning(126) ?? '', /could not be executed/);
  assert.match(exitMeaning(127) ?? '', /not found/);
  assert.match(exitMeaning(130) ?? '', /SIGINT/);
  assert.match(exitMeaning(139) ?? '', /SIGSEGV/);
  for (const code of [0, 1, 3, 128, 255]) assert.equal(exitMeaning(code), undefined);
});
