import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  applyEdits,
  changeOf,
  commentOut,
  insertLines,
  removeDirective,
  replaceArgs,
  type Spot,
  type TextEdit,
} from './edit.ts';
import { NginxError } from './errors.ts';
import { parse } from './parse.ts';
import { anyConfig, type Sketch, sketchOf } from './testing/any-config.ts';
import { type Directive, type Document, walk } from './tree.ts';

function named(document: Document, name: string): Directive {
  for (const directive of walk(document)) if (directive.name === name) return directive;
  throw new Error(`no directive ${name}`);
}

/** Applies what `edit` makes of the parsed text, and returns the new text. */
function edited(source: string, edit: (document: Document) => TextEdit | TextEdit[]): string {
  const document = parse(source, 'f');
  return applyEdits(document, [edit(document)].flat());
}

function inserted(source: string, spot: (document: Document) => Spot, lines: string[]): string {
  return edited(source, (document) => insertLines(document, spot(document), lines));
}

const after = (name: string) => (document: Document) =>
  ({ kind: 'after', directive: named(document, name) }) as const;
const before = (name: string) => (document: Document) =>
  ({ kind: 'before', directive: named(document, name) }) as const;
const startOf = (name: string) => (document: Document) =>
  ({ kind: 'start', of: named(document, name) }) as const;
const endOfBlock = (name: string) => (document: Document) =>
  ({ kind: 'end', of: named(document, name) }) as const;

test('a new line takes the indentation and the line end of its neighbour', () => {
  assert.equal(
    inserted('server {\r\n\tlisten 80; # http\r\n}\r\n', after('listen'), ['a;', 'b;']),
    'server {\r\n\tlisten 80; # http\r\n\ta;\r\n\tb;\r\n}\r\n',
  );
  assert.equal(
    inserted('server {\n   listen 80;\n}', before('listen'), ['a;']),
    'server {\n   a;\n   listen 80;\n}',
  );
  assert.equal(inserted('  a {\n  }', after('a'), ['b;']), '  a {\n  }\n  b;');
});

test('a new block keeps its own indentation below that of its neighbour', () => {
  assert.equal(
    inserted('http {\n  server { }\n}\n', before('server'), ['map $a $b {', '  x y;', '}', '']),
    'http {\n  map $a $b {\n    x y;\n  }\n\n  server { }\n}\n',
  );
});

test('a new line at the start or end of a block is indented as the block is', () => {
  const source = 'a {\n  b { # block\n    # why\n    c;\n  }\n}\n';
  assert.equal(
    inserted(source, startOf('b'), ['x;']),
    'a {\n  b { # block\n    x;\n    # why\n    c;\n  }\n}\n',
  );
  assert.equal(
    inserted(source, endOfBlock('b'), ['x;']),
    'a {\n  b { # block\n    # why\n    c;\n    x;\n  }\n}\n',
  );
});

test('a new line in an empty block is one step deeper, as deep as the file has it', () => {
  assert.equal(inserted('a {\n\tb {}\n}\n', startOf('b'), ['x;']), 'a {\n\tb {\n\t\tx;\n\t}\n}\n');
  assert.equal(
    inserted('a {\n\tb {\n\t}\n}\n', endOfBlock('b'), ['x;']),
    'a {\n\tb {\n\t\tx;\n\t}\n}\n',
  );
  assert.equal(inserted('a { }', startOf('a'), ['x;']), 'a {\n    x;\n}');
});

test('what stands on one line stays on one line, unless a comment would swallow the rest', () => {
  assert.equal(inserted('a { b; c; }', after('b'), ['x;', 'y;']), 'a { b; x; y; c; }');
  assert.equal(inserted('a { b; c; }', before('c'), ['x;']), 'a { b; x; c; }');
  assert.equal(inserted('a { b; }', startOf('a'), ['x;']), 'a { x; b; }');
  assert.equal(inserted('a { b;}', endOfBlock('a'), ['x;']), 'a { b; x;}');
  assert.equal(inserted('a { b; c; }', after('b'), ['# x', 'x;']), 'a { b;\n# x\nx;\n c; }');
});

test('a new line at the start or end of a file keeps the file ending in a line feed', () => {
  const start = (document: Document) => ({ kind: 'start', of: document }) as const;
  const end = (document: Document) => ({ kind: 'end', of: document }) as const;
  assert.equal(inserted('# head\na;\n', start, ['x;']), 'x;\n# head\na;\n');
  assert.equal(inserted('a;', end, ['x;']), 'a;\nx;\n');
  assert.equal(inserted('', end, ['x;']), 'x;\n');
});

test('a directive with a line of its own is removed with it', () => {
  const remove = (source: string, name: string) =>
    edited(source, (document) => removeDirective(document, named(document, name)));
  assert.equal(remove('a {\n  b;\n  c;\n}\n', 'b'), 'a {\n  c;\n}\n');
  assert.equal(remove('a {\n  b {\n    x;\n  }\n  c;\n}\n', 'b'), 'a {\n  c;\n}\n');
  assert.equal(remove('a;\nb;', 'b'), 'a;\n');
  assert.equal(remove('a {\n  b; # why\n}\n', 'b'), 'a {\n  # why\n}\n');
  assert.equal(remove('a { b; c; }', 'b'), 'a { c; }');
  assert.equal(remove('a { b; c; }', 'c'), 'a { b; }');
  assert.equal(remove('a {\n  b; c;\n}', 'b'), 'a {\n  c;\n}');
});

test('a directive that is commented out takes its block along and leaves its neighbours alone', () => {
  const comment = (source: string, name: string) =>
    edited(source, (document) => commentOut(document, named(document, name)));
  assert.equal(comment('a {\n  b c; # why\n}\n', 'b'), 'a {\n  # b c; # why\n}\n');
  assert.equal(
    comment('a {\n  b {\n    c;\n\n  }\n}\n', 'b'),
    'a {\n  # b {\n  #   c;\n\n  # }\n}\n',
  );
  assert.equal(comment('a {\n  b; c;\n}\n', 'b'), 'a {\n  # b;\n  c;\n}\n');
  assert.equal(comment('a { b; c; }', 'b'), 'a { \n# b;\nc; }');
});

test('arguments that stay the same keep their spelling', () => {
  const replace = (source: string, values: string[]) =>
    edited(source, (document) => replaceArgs(named(document, 'a'), values));
  assert.equal(replace('a  "b"\n c ;', ['b', 'x y']), 'a  "b"\n "x y" ;');
  assert.equal(replace('a "b" c;', ['b']), 'a b;');
  assert.equal(replace('a;', ['b', '']), 'a b "";');
});

test('edits that overlap, or are of another file, are refused', () => {
  const document = parse('a b;\nc;\n', 'f');
  const edit = (start: number, end: number, file = 'f') => ({ file, start, end, text: 'x' });
  const isEditError = (error: unknown) =>
    error instanceof NginxError && error.code === 'HW_NGINX_EDIT';
  assert.throws(() => applyEdits(document, [edit(0, 3), edit(2, 4)]), isEditError);
  assert.throws(() => applyEdits(document, [edit(0, 1, 'g')]), isEditError);
  assert.throws(() => applyEdits(document, [edit(0, 100)]), isEditError);
  assert.throws(
    () => insertLines(document, { kind: 'start', of: named(document, 'a') }, ['x;']),
    isEditError,
  );
  assert.equal(applyEdits(document, [edit(2, 3), edit(2, 2), edit(0, 1)]), 'x xx;\nc;\n');
});

test('a change has the new text and a diff, and may not break the file', () => {
  const document = parse('a {\n  b;\n}\n', 'f.conf');
  const change = changeOf(document, [removeDirective(document, named(document, 'b'))]);
  assert.equal(change.after, 'a {\n}\n');
  assert.equal(change.diff, '--- f.conf\n+++ f.conf\n@@ -1,3 +1,2 @@\n a {\n-  b;\n }\n');
  assert.throws(
    () => changeOf(document, [{ file: 'f.conf', start: 0, end: 0, text: '}' }]),
    NginxError,
  );
});

test('a change is written in the encoding that the file has', () => {
  const document = parse(Buffer.from('# \xfcber\na;\n', 'latin1'), 'f');
  const insert = (line: string) => [insertLines(document, { kind: 'end', of: document }, [line])];
  const { bytes } = changeOf(document, insert('b \xfc;'));
  assert.deepEqual(Buffer.from(bytes), Buffer.from('# \xfcber\na;\nb \xfc;\n', 'latin1'));
  assert.throws(() => changeOf(document, insert('b \u20ac;')), /only UTF-8 has/);
});

/** The children list that holds the directive with this number in reading order, and its index there. */
function locate(sketches: Sketch[], number: number): { list: Sketch[]; index: number } {
  let passed = -1;
  const search = (list: Sketch[]): { list: Sketch[]; index: number } | undefined => {
    for (const [index, sketch] of list.entries()) {
      passed++;
      if (passed === number) return { list, index };
      const found = search(sketch.children ?? []);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(sketches) as { list: Sketch[]; index: number };
}

const newLines = ['x "1 2";', '# note', 'y { z; }'];
const newSketches = (): Sketch[] => [
  { words: ['x', '1 2'], children: undefined },
  { words: ['y'], children: [{ words: ['z'], children: undefined }] },
];

test('an edit changes what it should in any file, and nothing else', () => {
  const operation = fc.constantFrom('before', 'after', 'start', 'end', 'remove', 'comment', 'args');
  fc.assert(
    fc.property(anyConfig, fc.nat(), operation, (config, seed, kind) => {
      const document = parse(config.source, 'f');
      const directives = [...walk(document)];
      const number = seed % Math.max(1, directives.length);
      const directive = directives[number];
      if (directive === undefined) return;
      const expected = structuredClone(config.sketches);
      const { list, index } = locate(expected, number);
      const sketch = list[index] as Sketch;
      let edits: TextEdit[];
      switch (kind) {
        case 'before':
        case 'after':
          edits = [insertLines(document, { kind, directive }, newLines)];
          list.splice(kind === 'before' ? index : index + 1, 0, ...newSketches());
          break;
        case 'start':
        case 'end': {
          if (sketch.children === undefined) return;
          edits = [insertLines(document, { kind, of: directive }, newLines)];
          if (kind === 'start') sketch.children.unshift(...newSketches());
          else sketch.children.push(...newSketches());
          break;
        }
        case 'remove':
          edits = [removeDirective(document, directive)];
          list.splice(index, 1);
          break;
        case 'comment':
          edits = [commentOut(document, directive)];
          list.splice(index, 1);
          break;
        case 'args':
          edits = replaceArgs(directive, ['p q', '\\"', '']);
          sketch.words = [directive.name, 'p q', '\\"', ''];
          break;
      }
      const changed = parse(applyEdits(document, edits), 'f');
      assert.deepEqual(sketchOf(changed.items), expected, changed.source);
    }),
    { numRuns: 4000 },
  );
});
