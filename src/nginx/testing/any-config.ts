// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
/** Random configurations that are valid but oddly written, together with what they say, for property tests. */
import fc from 'fast-check';
import type { Item } from '../tree.ts';

/** What a configuration is made of, in pieces that mean something to the reader and in every order. */
export const configPiece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(' ', '\n', '\r\n', '\t', ';', '{', '}') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'a',
      'server',
      '"b c"',
      "'d'",
      '"',
      "'",
      '#',
      '# x\n',
      '\\',
      '\\"',
      '$',
      '${x}',
      ')',
      'content_by_lua_block',
      '--[[',
      ']]',
      '\0',
      'é',
      '\u{1f600}',
      '\u{feff}',
      '\r',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
);

/** A tree that was written down at random, with the values it was written from. */
export type Sketch = { words: string[]; children: Sketch[] | undefined };

const gap = fc.constantFrom(' ', '\n', '\t', '\r\n', '   ', ' # c {;}\n', '\n\n  ');
const closingGap = fc.constantFrom('', ' ', '\n', '\n  ', ' # end }\n');
const quotedValue = fc
  .string({
    unit: fc.constantFrom('a', 'b', ' ', '\n', ';', '{', '}', '#', '$', "'"),
    maxLength: 6,
  })
  .map((value) => ({ raw: `"${value}"`, value }));
const plainValue = fc
  .string({
    unit: fc.constantFrom('a', '/', '.', '$', '}', '"', '#', '~', '='),
    minLength: 1,
    maxLength: 6,
  })
  // A $ at the end would take the { of a block into the word.
  .filter((value) => !/^["#}]|\$$/.test(value))
  .map((value) => ({ raw: value, value }));
const escapedValue = fc.constantFrom(
  { raw: '\\.x', value: '\\.x' },
  { raw: 'a\\;b', value: 'a\\;b' },
  { raw: '"\\"\\\\"', value: '"\\' },
  { raw: '${a}', value: '${a}' },
);
const anyWord = fc.oneof(plainValue, quotedValue, escapedValue);

export const { tree: anyConfig } = fc.letrec<{
  tree: { source: string; sketches: Sketch[] };
  directive: { source: string; sketch: Sketch };
}>((tie) => ({
  directive: fc
    .tuple(
      fc.oneof(gap, fc.constant('')),
      anyWord,
      fc.array(fc.tuple(gap, anyWord), { maxLength: 3 }),
      fc.constantFrom('', ' ', '\n', ' # ;\n'),
      fc.option(fc.tuple(tie('tree'), closingGap), { nil: undefined, depthSize: 'small' }),
    )
    .map(([lead, name, args, space, block]) => ({
      source: [
        lead,
        name.raw,
        ...args.map(([before, word]) => before + word.raw),
        space,
        block === undefined ? ';' : `{${block[0].source}${block[1]}}`,
      ].join(''),
      sketch: {
        words: [name.value, ...args.map(([, word]) => word.value)],
        children: block?.[0].sketches,
      },
    })),
  tree: fc.array(tie('directive'), { maxLength: 3 }).map((directives) => ({
    source: directives.map(({ source }) => source).join(''),
    sketches: directives.map(({ sketch }) => sketch),
  })),
}));

/** What a tree says, without how it is written. */
export function sketchOf(items: readonly Item[]): Sketch[] {
  return items
    .filter((item) => item.kind === 'directive')
    .map((directive) => ({
      words: [directive.word, ...directive.args].map((word) => word.value),
      children: directive.body.kind === 'block' ? sketchOf(directive.body.items) : undefined,
    }));
}
