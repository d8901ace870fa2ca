import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from './load.ts';
import { configurationReference, keysOf } from './reference.ts';
import { chapters } from './reference-chapters.ts';
import { allSections, rootSection, sectionAt } from './schema-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'hatchway-reference-'));
after(() => rmSync(folder, { recursive: true }));

test('every key of the file and of a site is in one chapter', () => {
  const names = (of: string) =>
    chapters.flatMap((chapter) =>
      chapter.of === of ? keysOf(chapter).map((key) => key.name) : [],
    );
  assert.deepEqual(names('file').sort(), rootSection.keys.map((key) => key.name).sort());
  const site = sectionAt(['sites', 0])?.keys.map((key) => key.name);
  assert.deepEqual(names('site').sort(), site?.sort());
});

test('every mapping has one heading, and every link leads to one', () => {
  const text = configurationReference();
  const headings = [...text.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) => heading);
  for (const { path } of allSections()) {
    if (path === '' || path === 'sites[]') continue;
    assert.equal(headings.filter((heading) => heading === `\`${path}\``).length, 1, path);
  }
  const anchors = headings.map((one) =>
    one
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
  assert.equal(new Set(anchors).size, anchors.length);
  for (const [, anchor = ''] of text.matchAll(/\]\(#([^)]*)\)/g))
    assert.ok(anchors.includes(anchor), anchor);
});

for (const { title, example } of chapters) {
  test(`the example of "${title}" has no problem but for files that are not here`, () => {
    const file = join(folder, 'hatchway.yaml');
    writeFileSync(file, example);
    const result = loadConfig({ file, dataFolder: '/data' });
    const problems = result.ok ? [] : result.problems.map(({ message }) => message);
    assert.deepEqual(
      problems.filter((message) => !/there is no such file|there is no folder/.test(message)),
      [],
    );
  });
}
