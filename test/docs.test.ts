import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedDocs } from '../scripts/write-docs.ts';

for (const [path, text] of await generatedDocs()) {
  test(`${path} is what its source says; run: node scripts/write-docs.ts`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, '..', path), 'utf8'), text);
  });
}
