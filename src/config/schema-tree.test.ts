import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSections, sectionAt } from './schema-tree.ts';

test('every key of the schema is described', () => {
  const keys = allSections().flatMap((section) => section.keys);
  assert.ok(keys.length > 40);
  for (const key of keys) assert.match(key.description, /\.$/, key.name);
});

test('a key that may be left out says what holds then, or is a mapping whose keys do', () => {
  const silent = allSections().flatMap((section) =>
    section.keys
      .filter((key) => !key.required && key.defaultText === undefined && key.section === undefined)
      .map((key) => `${section.path}.${key.name}`),
  );
  // These are needed together with another key, which the checks see to.
  assert.deepEqual(silent, [
    'console.key',
    'sites[].key',
    'sites[].tls.clients.ca',
    'sites[].upstreamTls.key',
  ]);
});

test('the section of a path is found through lists', () => {
  assert.equal(sectionAt(['sites', 3, 'routes', 0, 'timeouts'])?.path, 'sites[].timeouts');
  assert.equal(sectionAt(['sites', 3, 'host']), undefined);
});
