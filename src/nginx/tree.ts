/**
 * The shape of an nginx configuration file as a tree that has lost nothing.
 *
 * Each byte of the file belongs to exactly one node: a word owns the spaces and comments before it (`before`) and its own
 * spelling (`raw`), so printing is concatenation.
 *
 *     location /api {   # the API            before   raw
 *     └──────┘└────┘└─┘                      ''       'location'      word
 *       word   arg  body                     ' '      '/api'          args[0]
 *                  └──────────┘              ' '      '{'             body
 *                                            '   '    '# the API'     body.items[0], a comment
 *
 * The tree knows no directive by name: what a directive means is `directives.ts`'s and `model.ts`'s matter.
 * Nodes never change. A change to a file is a `TextEdit` (`edit.ts`) on its text, which is then read again.
 */
import type { Place } from './errors.ts';

/** One word of a directive: its name or an argument. */
export type Word = {
  /** Spaces, line ends and comments between the previous token and this one. */
  readonly before: string;
  /** As written, with quotes and backslashes. */
  readonly raw: string;
  /** As nginx takes it, after quotes and escapes; variables still stand in it by name. */
  readonly value: string;
  /** Index of the first character of `raw` in the document's source. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
};

export type Directive = Place & {
  readonly kind: 'directive';
  /** The first word; `name` is its value. In a `map` or `types` block it is the key. */
  readonly word: Word;
  readonly name: string;
  readonly args: readonly Word[];
  readonly body: Semicolon | Block | LuaBlock;
};

export type Semicolon = {
  readonly kind: 'semicolon';
  readonly before: string;
  readonly offset: number;
};

export type Block = {
  readonly kind: 'block';
  /** Before the opening brace. */
  readonly before: string;
  /** Of the opening brace. */
  readonly offset: number;
  readonly items: readonly Item[];
  /** Before the closing brace. */
  readonly closeBefore: string;
  /** Of the closing brace. */
  readonly closeOffset: number;
};

/** The body of a `*_by_lua_block` directive of OpenResty: Lua, not nginx. */
export type LuaBlock = {
  readonly kind: 'lua';
  readonly before: string;
  readonly offset: number;
  /** Between the braces. */
  readonly code: string;
};

/** A comment that stands between directives; one between the words of a directive is in the `before` of the next word. */
export type Comment = Place & {
  readonly kind: 'comment';
  readonly before: string;
  /** From the `#` to the end of the line, without the line feed. */
  readonly text: string;
  readonly offset: number;
};

export type Item = Directive | Comment;

export type Document = {
  readonly kind: 'document';
  /** The name under which places in it are reported. */
  readonly file: string;
  /** `latin1` is every file that is not valid UTF-8: each byte is one character, so that it can be written back as it was. */
  readonly encoding: 'utf8' | 'latin1';
  readonly source: string;
  readonly items: readonly Item[];
  /** Spaces after the last item. */
  readonly after: string;
};

/** Index just behind the `;` or `}` that ends the directive. */
export function endOf(directive: Directive): number {
  const { body } = directive;
  switch (body.kind) {
    case 'semicolon':
      return body.offset + 1;
    case 'block':
      return body.closeOffset + 1;
    case 'lua':
      return body.offset + 1 + body.code.length + 1;
  }
}

/** The directives among the items of a document or block; none for a directive without a block. */
export function directivesIn(parent: Document | Directive): readonly Directive[] {
  return itemsIn(parent).filter((item) => item.kind === 'directive');
}

export function itemsIn(parent: Document | Directive): readonly Item[] {
  if (parent.kind === 'document') return parent.items;
  return parent.body.kind === 'block' ? parent.body.items : [];
}

/** Every directive of a document, each before those inside it. Does not follow `include`. */
export function* walk(parent: Document | Directive): Generator<Directive> {
  for (const directive of directivesIn(parent)) {
    yield directive;
    yield* walk(directive);
  }
}

/** The place of an index into `source`. Counts from the start of the file: for messages, not for loops. */
export function placeAt(file: string, source: string, offset: number): Place {
  let line = 1;
  let lineStart = 0;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { file, line, column: offset - lineStart + 1 };
}

/** The place of a word of `directive`, for a problem that is about one argument. */
export function placeOfWord(directive: Directive, word: Word): Place {
  return { file: directive.file, line: word.line, column: word.column };
}
