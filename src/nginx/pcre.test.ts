import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Regex, translatePcre } from './pcre.ts';
import { NginxFolder, type RunningNginx, startNginx } from './testing/real-nginx.ts';
import { encodeWord } from './word.ts';

function translated(pattern: string, caseless = false): Regex {
  const result = translatePcre(pattern, caseless);
  assert.ok(result.ok, `${pattern}: ${result.ok ? '' : result.reason}`);
  return result;
}

test('what is the same in both stays as it is', () => {
  for (const pattern of [
    '^/api/(\\d+)',
    '\\.(?:js|css)\\?',
    '(?<name>\\w+)',
    '[a-z]+?',
    '(?=a)(?!b)c',
  ]) {
    assert.equal(translated(pattern).regex.source.replaceAll('\\/', '/'), pattern);
  }
});

test('names, numbers and flags of the groups are known', () => {
  const { regex, groupCount, groupNames } = translated("(?P<a>x)(?'b'y)(?<c>z)(w)(?:v)", true);
  assert.equal(groupCount, 4);
  assert.deepEqual(groupNames, ['a', 'b', 'c']);
  assert.equal(regex.flags, 'i');
  assert.equal(translated('(?i)x').regex.flags, 'i');
  assert.equal(translated('(?si)x').regex.flags, 'i');
});

const refused: readonly [pattern: string, offset: number, reason: RegExp][] = [
  ['a++', 1, /possessive/],
  ['a{2}+', 1, /possessive/],
  ['x(?>a)', 1, /atomic/],
  ['(?|a|b)', 0, /no equal/],
  ['a(?R)', 1, /no equal/],
  ['(a)(?1)', 3, /no equal/],
  ['(?(1)a|b)', 0, /no equal/],
  ['(?&x)', 0, /no equal/],
  ['a\\Kb', 1, /no equal/],
  ['\\R', 0, /no equal/],
  ['\\pL', 0, /no equal/],
  ['\\g<1>', 0, /no equal/],
  ['a(?i)b', 1, /whole pattern/],
  ['(?i:a)', 0, /whole pattern/],
  ['(?J)a', 0, /flag J/],
  ['(*ANYCRLF)a', 0, /no equal/],
  ['(a)?\\1', 4, /may not be set/],
  ['(?:(a)|b)\\1', 9, /may not be set/],
  ['(a)|\\1', 4, /may not be set/],
  ['(?!(a))\\1', 7, /may not be set/],
  ['(a\\1)', 2, /may not be set/],
  ['\\2(a)', 0, /no group 2/],
  ['\\10', 0, /octal/],
  ['(', 0, /without its \)/],
  ['a)', 1, /without its \(/],
  ['[a', 0, /without its \]/],
  ['[]', 0, /without its \]/],
  ['*a', 0, /nothing to repeat/],
  ['a|+', 2, /nothing to repeat/],
  ['a**', 2, /repetition of a repetition/],
  ['^*', 1, /cannot be repeated/],
  ['a{3,2}', 1, /out of order/],
  ['a{70000}', 1, /too big/],
  ['[z-a]', 2, /out of order/],
  ['[\\d-z]', 3, /single character/],
  ['[[:nope:]]', 1, /no class/],
  ['[[.a.]]', 1, /collating/],
  ['a\\', 1, /at the end/],
  ['\\x{100}', 0, /single byte/],
  ['(?<a>x)(?<a>y)', 7, /two groups/],
];

for (const [pattern, offset, reason] of refused) {
  test(`${pattern} is refused at ${offset}`, () => {
    const result = translatePcre(pattern);
    assert.ok(!result.ok);
    assert.match(result.reason, reason);
    assert.equal(result.offset, offset);
  });
}

/** Patterns whose spelling or meaning differs between the two, and subjects that show it. */
const differences: readonly (readonly [pattern: string, caseless: boolean])[] = [
  ['^/a$', false],
  ['^/a\\z', false],
  ['\\A/a\\Z', false],
  ['^/.+$', false],
  ['(?s)^/.+\\z', false],
  ['(?m)^b$', false],
  ['(?m)(^)b', false],
  ['(?x) ^ / a + # comment\n b', false],
  ['(?x:a \\ b)| c', false],
  ['^/a\\sb', false],
  ['^/a\\Sb', false],
  ['^/[\\s]', false],
  ['^/[\\S]$', false],
  ['^/[^\\S]', false],
  ['^/a\\hb', false],
  ['^/a\\Hb', false],
  ['^/a\\vb', false],
  ['^/a\\Nb', false],
  ['^/[[:alpha:]]+', false],
  ['^/([[:upper:]]+)', false],
  ['^/([[:upper:]]+)', true],
  ['^/([[:^upper:]]+)', true],
  ['^/([[:^digit:]]+)', false],
  ['^/[]a]+', false],
  ['^/[^]a]+', false],
  ['^/[a\\]b]', false],
  ['^/[a-]+', false],
  ['^/[\\w.-]+$', false],
  ['^/[\\x41-\\x{43}\\102]+', false],
  ['^/\\Qa.b\\E', false],
  ['^/a{,2}', false],
  ['^/a{2}b?', false],
  ['^/a\\x2eb', false],
  ['^/a\\.b\\_', false],
  ['^/(a)(b)?(c)?', false],
  ['^/(?P<x>a)(?P=x)', false],
  ['^/(.)\\1', false],
  ['^/(.)\\g{-1}', false],
  ['^/(?<q>.)\\k{q}', false],
  ['^/(a|b)\\1', true],
  ['^/a(?#comment)b', false],
  ['^/A', true],
  ['(?i)^/aB', false],
  ['(?-i)^/A', false],
  ['^/a\\b', false],
  ['^/(?=a)(?!ab)', false],
  ['(?<=/)b(?<!c)', false],
  ['^/a|b$', false],
  ['^/(?:a|)b', false],
  ['^/[a-c&&b]+', false],
  ['^/[[]+', false],
  ['^/a\\/b', false],
  ['^/\\ta?', false],
  ['^/\\cI', false],
  ['^/\\07', false],
  ['^/a}]', false],
];

const subjects = [
  '/',
  '/a',
  '/a\n',
  '/a\nb',
  '/a\n\n',
  '/b\nb',
  '/A',
  '/AB',
  '/aB',
  '/ab',
  '/abc',
  '/aab',
  '/aa',
  '/bb',
  '/c',
  '/Ab1',
  '/ ',
  '/a b',
  '/a\tb',
  '/a\vb',
  '/a\rb',
  '/a\u00a0b',
  '/a.b_',
  '/a.b',
  '/axb',
  '/]a',
  '/-a',
  '/x.',
  '/a{,2}',
  '/ABC',
  '/BB',
  '/bB',
  '/\t',
  '/\x07',
  '/1',
  '/abcd&',
  '/[',
  '/a}]',
  '/a/b',
  '/b',
  '/aac',
  '/x-y.z',
  '/a+b',
  '/é',
  '/\u0085',
];

/** Regular expressions that both know, at random. */
const anyRegex = fc.letrec<{ regex: string; piece: string }>((tie) => ({
  regex: fc
    .array(fc.array(tie('piece'), { maxLength: 3 }), { minLength: 1, maxLength: 2 })
    .map((branches) => branches.map((pieces) => pieces.join('')).join('|')),
  piece: fc.oneof(
    {
      weight: 6,
      arbitrary: repeatable(fc.constantFrom('a', 'b', '\\.', '.', '\\d', '\\s', '\\w')),
    },
    {
      weight: 3,
      arbitrary: repeatable(
        fc.constantFrom(
          '[ab]',
          '[^a]',
          '[a-c1]',
          '[\\s.]',
          '[[:alpha:]_]',
          '[^[:space:]]',
          '\\W',
          '\\S',
        ),
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom('^', '$', '\\b', '\\A', '\\Z', '\\z') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?=', '(?!'), tie('regex'))
        .map(([open, inner]) => `${open}${inner})`),
    },
    {
      weight: 1,
      // Groups in a repetition, and rounds that match nothing, are the known differences.
      arbitrary: repeatable(
        tie('regex').map((inner) => `(?:\\w(?:${inner.replaceAll(/\((?!\?)/g, '(?:')}))`),
      ),
    },
  ),
}));

function repeatable(atom: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '*?', '+?'))
    .map(([text, quantifier]) => text + quantifier);
}

const seed = Date.now() & 0x7fffffff;
const random: (readonly [pattern: string, caseless: boolean])[] = fc
  .sample(fc.tuple(anyRegex.regex, fc.boolean()), { seed, numRuns: 400 })
  .filter(([pattern]) => pattern !== '');
const patterns = [...differences, ...random];

/** Between the results of two patterns; in no subject. */
const separator = '\x1e';

let nginx: RunningNginx;
const folder = new NginxFolder();

before(async () => {
  const maps = patterns.map(
    ([pattern, caseless], index) =>
      `map $uri $m${index} { ${encodeWord(`~${caseless ? '*' : ''}${pattern}`)} "1:$1:$2:$3"; default 0; }`,
  );
  const results = patterns.map((_, index) => `\${m${index}}`);
  // A directive has room for 4096 bytes a word, so that the results are joined in groups.
  const groups: string[] = [];
  for (let from = 0; from < results.length; from += 200) {
    groups.push(results.slice(from, from + 200).join(separator));
  }
  const sets = groups.map((text, index) => `set $g${index} "${text}";`);
  const answer = groups.map((_, index) => `\${g${index}}`).join(separator);
  nginx = await startNginx(
    folder,
    `variables_hash_max_size 8192; merge_slashes off; ${maps.join('\n')}`,
    `location / { ${sets.join('\n')} return 200 "${answer}"; }`,
  );
});

after(async () => {
  await nginx?.stop();
  folder.remove();
});

/** What each pattern makes of the subject, in nginx. */
async function askNginx(subject: string): Promise<string[]> {
  const bytes = [...Buffer.from(subject.slice(1), 'latin1')];
  const path = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const { body } = await nginx.ask(`/${path}`);
  return body.split(separator);
}

test('a translated pattern matches what nginx matches, and captures the same', async () => {
  for (const subject of subjects) {
    const answers = await askNginx(subject);
    assert.equal(answers.length, patterns.length);
    for (const [index, [pattern, caseless]] of patterns.entries()) {
      const match = translated(pattern, caseless).regex.exec(subject);
      const expected =
        match === null ? '0' : `1:${match[1] ?? ''}:${match[2] ?? ''}:${match[3] ?? ''}`;
      assert.equal(
        expected,
        answers[index],
        `${pattern}${caseless ? ' (caseless)' : ''} on ${JSON.stringify(subject)}, seed ${seed}`,
      );
    }
  }
});
