// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NginxError } from './errors.ts';
import { parse } from './parse.ts';
import { print, printBytes, printDirective } from './print.ts';
import { anyConfig, configPiece, sketchOf } from './testing/any-config.ts';
import { type Directive, directivesIn, endOf, walk } from './tree.ts';

function first(source: string): Directive {
  const [directive] = directivesIn(parse(source, 'nginx.conf'));
  assert.ok(directive !== undefined);
  return directive;
}

function valuesOf(source: string): string[] {
  const directive = first(source);
  return [directive.name, ...directive.args.map((arg) => arg.value)];
}

function refused(source: string | Uint8Array): NginxError {
  try {
    parse(source, 'nginx.conf');
  } catch (error) {
    assert.ok(error instanceof NginxError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(source)} was read as a tree` });
}

test('a directive knows its name, its arguments and where each of them stands', () => {
  const source = '# head\nhttp {\n\tlisten  127.0.0.1:80\n    "default_server" ;\n}\n';
  const [http] = directivesIn(parse(source, 'site.conf'));
  assert.ok(http?.body.kind === 'block');
  assert.deepEqual(
    { file: http.file, line: http.line, column: http.column, name: http.name },
    { file: 'site.conf', line: 2, column: 1, name: 'http' },
  );
  const [listen] = directivesIn(http);
  assert.ok(listen !== undefined);
  assert.deepEqual([listen.line, listen.column], [3, 2]);
  assert.deepEqual(
    listen.args.map(({ value, raw, line, column, offset }) => ({
      value,
      raw,
      line,
      column,
      offset,
    })),
    [
      { value: '127.0.0.1:80', raw: '127.0.0.1:80', line: 3, column: 10, offset: 23 },
      { value: 'default_server', raw: '"default_server"', line: 4, column: 5, offset: 40 },
    ],
  );
  assert.equal(source.slice(listen.word.offset, endOf(listen)), printDirective(listen));
});

const spellings: readonly [source: string, values: readonly string[]][] = [
  ['a b;', ['a', 'b']],
  ['a b;c d;', ['a', 'b']],
  ['a\tb\r\n c;', ['a', 'b', 'c']],
  ['a "b c" \'d "e"\';', ['a', 'b c', 'd "e"']],
  ['a "";', ['a', '']],
  ['a "b\\"c" \'d\\\'e\';', ['a', 'b"c', "d'e"]],
  ['a b\\"c;', ['a', 'b"c']],
  ['a "\\t\\r\\n\\\\";', ['a', '\t\r\n\\']],
  ['a \\.php$ "\\.js$";', ['a', '\\.php$', '\\.js$']],
  ['a b\\ c;', ['a', 'b\\ c']],
  ['a b\\;c;', ['a', 'b\\;c']],
  ['a \\{b\\} c\\{2};', ['a', '\\{b\\}', 'c\\{2}']],
  ['a ${b}/${c};', ['a', '${b}/${c}']],
  ['a ${{b};', ['a', '${{b}']],
  ['a "{;}#";', ['a', '{;}#']],
  ['a b#c;', ['a', 'b#c']],
  ['a b}c;', ['a', 'b}c']],
  ['a b"c d;', ['a', 'b"c', 'd']],
  ["a b'c;", ['a', "b'c"]],
  ['a "b")c;', ['a', 'b', ')c']],
  ['a "b"{}', ['a', 'b']],
  ['a # b;\n c;', ['a', 'c']],
  ['a;# b', ['a']],
  ['"a b" c;', ['a b', 'c']],
  ['a "b\nc";', ['a', 'b\nc']],
  ['a b\u00a0c\v\f;', ['a', 'b\u00a0c\v\f']],
  ['a é;', ['a', 'é']],
];

for (const [source, values] of spellings) {
  test(`${JSON.stringify(source)} is read as ${JSON.stringify(values)}`, () => {
    assert.deepEqual(valuesOf(source), values);
    assert.equal(print(parse(source, 'nginx.conf')), source);
  });
}

test('a comment between directives is an item, one inside a directive belongs to the next word', () => {
  const document = parse('# one\na # two\n b; # three\n', 'nginx.conf');
  assert.deepEqual(
    document.items.map((item) => (item.kind === 'comment' ? item.text : item.name)),
    ['# one', 'a', '# three'],
  );
  assert.equal(first('a # two\n b;').args[0]?.before, ' # two\n ');
  assert.equal(document.after, '\n');
});

test('the body of a *_by_lua_block is kept as it is, whatever braces its strings and comments hold', () => {
  const code =
    "\n  local t = { a = \"}\", b = '}\\'}', c = [[ } ]], d = [==[ }]] ]==] } -- }\n --[[ }\n} ]] x = t[1] - 2\n";
  const source = `location / { content_by_lua_block {${code}} return 200; }`;
  const [lua, after] = directivesIn(first(source));
  assert.ok(lua?.body.kind === 'lua');
  assert.equal(lua.body.code, code);
  assert.equal(after?.name, 'return');
  assert.equal(after?.line, 5);
  assert.equal(print(parse(source, 'nginx.conf')), source);
});

const mistakes: readonly [source: string, message: RegExp, line: number, column: number][] = [
  ['a', /unexpected end of file, expecting ";" or "{" after the directive "a"/, 1, 2],
  ['a b\n', /unexpected end of file/, 2, 1],
  ['a b\\', /unexpected end of file/, 1, 5],
  ['a {\n b;\n', /expecting "}" for the block "a" of line 1/, 3, 1],
  ['a { b {', /expecting "}" for the block "b" of line 1, and 1 around it/, 1, 8],
  ['}', /unexpected "}": no block is open/, 1, 1],
  ['a { } }', /unexpected "}": no block is open/, 1, 7],
  ['a { b }', /"b" of line 1 is not terminated by ";"/, 1, 7],
  [';', /unexpected ";"/, 1, 1],
  ['a {};', /unexpected ";"/, 1, 5],
  ['{ }', /unexpected "{"/, 1, 1],
  ['a "b', /expecting " to close the quoted string/, 1, 3],
  ["a;\n b 'c\n\n", /expecting ' to close the quoted string/, 2, 4],
  ['a "b"c;', /unexpected "c" right behind the closing quote/, 1, 6],
  ['a "b"#c\n;', /unexpected "#" right behind the closing quote/, 1, 6],
  ['a "b"};', /unexpected "}" right behind the closing quote/, 1, 6],
  ['a_by_lua_block { x = { }', /Lua block of "a_by_lua_block" is not closed/, 1, 16],
  ['a_by_lua_block { x = "\n" }', /Lua block of "a_by_lua_block" is not closed/, 1, 16],
  ['a_by_lua_block { --[[ } ', /Lua block of "a_by_lua_block" is not closed/, 1, 16],
  ['\u{feff}a;', /byte order mark/, 1, 1],
  ['a\0;', /zero byte/, 1, 2],
  ['a "\0";', /zero byte/, 1, 4],
  ['a \\\0;', /zero byte/, 1, 4],
  [`${'a {'.repeat(201)}`, /nested more than 200 deep/, 1, 603],
];

for (const [source, message, line, column] of mistakes) {
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  test(`${JSON.stringify(shown)} is refused at ${line}:${column}`, () => {
    const error = refused(source);
    assert.match(error.reason, message);
    assert.deepEqual(error.place, { file: 'nginx.conf', line, column });
    assert.equal(error.message, `nginx.conf:${line}:${column}: ${error.reason}`);
  });
}

test('UTF-16 is refused by name', () => {
  for (const bytes of [Buffer.from([0xff, 0xfe, 0x61, 0]), Buffer.from([0xfe, 0xff, 0, 0x61])]) {
    const error = refused(bytes);
    assert.equal(error.code, 'HW_NGINX_ENCODING');
    assert.match(error.reason, /UTF-16/);
  }
});

test('a zero byte in a comment is nothing to nginx, and is kept', () => {
  const source = '# \0\na;';
  assert.equal(print(parse(source, 'nginx.conf')), source);
});

test("words, quoted strings and comments are as long as nginx's buffer allows and no longer", () => {
  const fits = (source: string) => assert.equal(print(parse(source, 'f')), source);
  const tooLong = (source: string | Uint8Array) => {
    assert.match(refused(source).reason, /longer than nginx's buffer of 4096 bytes/);
  };
  fits(`a ${'c'.repeat(4095)};`);
  tooLong(`a ${'c'.repeat(4096)};`);
  fits(`a ${'c'.repeat(4094)} ;`);
  tooLong(`a ${'c'.repeat(4095)} ;`);
  fits(`a "${'c'.repeat(4094)}";`);
  tooLong(`a "${'c'.repeat(4095)}";`);
  fits(`#${'c'.repeat(4094)}\na;`);
  tooLong(`#${'c'.repeat(4095)}\na;`);
  fits(`a;#${'c'.repeat(4095)}`);
  tooLong(`a;#${'c'.repeat(4096)}`);
  // Bytes count, not characters.
  fits(`a ${'é'.repeat(2047)};`);
  tooLong(`a ${'é'.repeat(2048)};`);
  const latin1 = Buffer.from(`a ${'é'.repeat(2048)};`, 'latin1');
  assert.deepEqual(printBytes(parse(latin1, 'f')), latin1);
});

function isLossless(source: string | Uint8Array): void {
  let document: ReturnType<typeof parse>;
  try {
    document = parse(source, 'f');
  } catch (error) {
    assert.ok(error instanceof NginxError, String(error));
    assert.ok(error.place.line >= 1 && error.place.column >= 1);
    return;
  }
  if (typeof source === 'string') assert.equal(print(document), source);
  else assert.deepEqual(Buffer.from(printBytes(document)), Buffer.from(source));
  for (const directive of walk(document)) {
    const { word } = directive;
    assert.equal(document.source.slice(word.offset, word.offset + word.raw.length), word.raw);
    assert.equal(document.source.slice(word.offset, endOf(directive)), printDirective(directive));
    const lineStart = document.source.lastIndexOf('\n', word.offset - 1) + 1;
    assert.equal(word.column, word.offset - lineStart + 1);
    assert.equal(word.line, document.source.slice(0, word.offset).split('\n').length);
  }
}

test('any text is either printed back as it was or refused', () => {
  fc.assert(
    fc.property(fc.array(configPiece, { maxLength: 40 }), (pieces) => isLossless(pieces.join(''))),
    { numRuns: 3000 },
  );
});

test('any bytes are either printed back as they were or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => isLossless(bytes)),
    { numRuns: 1000 },
  );
});

test('a valid configuration, however oddly written, is read as what was meant', () => {
  fc.assert(
    fc.property(anyConfig, ({ source, sketches }) => {
      const document = parse(source, 'f');
      assert.equal(print(document), source);
      assert.deepEqual(sketchOf(document.items), sketches);
      isLossless(source);
    }),
    { numRuns: 1000 },
  );
});
