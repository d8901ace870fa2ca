/**
 * Text to tree. Stops at the first mistake with an `NginxError`, so that a tree is never a guess.
 *
 * What a name means plays no part, with one exception: the body of a directive whose name ends in `_by_lua_block` is Lua.
 * Whether nginx knows a directive, and lets it stand where it stands, is `check.ts`'s matter.
 */
import { NginxError } from './errors.ts';
import { Lexer } from './lex.ts';
import { endOfLuaBlock } from './lua-block.ts';
import type { Block, Comment, Directive, Document, Item, LuaBlock, Word } from './tree.ts';

/** Blocks inside blocks; real files have five or six. It keeps everything that walks a tree off the end of the stack. */
const deepest = 200;

/**
 * Reads a whole file. Bytes that are not UTF-8 (old comments in Latin-1, say) are kept one to one.
 *
 * Throws an `NginxError`: `HW_NGINX_SYNTAX` or `HW_NGINX_ENCODING`.
 *
 * @param file the name under which places in it are reported
 */
export function parse(source: string | Uint8Array, file: string): Document {
  const { text, encoding } = decode(source, file);
  const parser = new Parser(new Lexer(text, file, encoding));
  const items = parser.items();
  return { kind: 'document', file, encoding, source: text, items, after: parser.finish() };
}

class Parser {
  readonly #lexer: Lexer;
  /** Everything before this index is owned by a node. */
  #owned = 0;
  /** The blocks that are open, outermost first. */
  readonly #open: Word[] = [];

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    lexer.next();
  }

  /** Up to the `}` or the end of the file, which stays the current token. */
  items(): Item[] {
    const lexer = this.#lexer;
    const items: Item[] = [];
    for (;;) {
      switch (lexer.kind) {
        case 'comment':
          items.push(this.#comment());
          break;
        case 'word':
          items.push(this.#directive());
          break;
        case ';':
        case '{':
          return lexer.fail(
            lexer.start,
            `unexpected "${lexer.kind}": no directive stands before it`,
            lexer.kind === ';'
              ? 'remove it; a block needs none behind its }'
              : 'write the directive that this block belongs to, or put the text in quotes',
          );
        case '}':
        case 'end':
          return items;
      }
    }
  }

  /** The end of the file: returns what is left in front of it. */
  finish(): string {
    const lexer = this.#lexer;
    if (lexer.kind === '}') {
      lexer.fail(
        lexer.start,
        'unexpected "}": no block is open here',
        'remove it, or look above for a block that is closed too early',
      );
    }
    return this.#takeBefore();
  }

  #directive(): Directive {
    const lexer = this.#lexer;
    const word = this.#word();
    const args: Word[] = [];
    const { file } = lexer;
    const { value: name, line, column } = word;
    for (;;) {
      switch (lexer.kind) {
        case 'word':
          args.push(this.#word());
          break;
        case 'comment':
          // Left to the next token, whose `before` it is part of.
          lexer.next();
          break;
        case ';': {
          const before = this.#takeBefore();
          const offset = lexer.start;
          this.#take();
          const body = { kind: 'semicolon', before, offset } as const;
          return { kind: 'directive', file, line, column, word, name, args, body };
        }
        case '{': {
          const body = name.endsWith('_by_lua_block') ? this.#luaBlock(word) : this.#block(word);
          return { kind: 'directive', file, line, column, word, name, args, body };
        }
        case '}':
          return lexer.fail(
            lexer.start,
            `unexpected "}": the directive "${name}" of line ${line} is not terminated by ";"`,
            `write ; behind ${(args.at(-1) ?? word).raw}`,
          );
        case 'end':
          return lexer.fail(
            lexer.start,
            `unexpected end of file, expecting ";" or "{" after the directive "${name}" of line ${line}`,
            `write ; behind ${(args.at(-1) ?? word).raw}`,
          );
      }
    }
  }

  #block(opening: Word): Block {
    const lexer = this.#lexer;
    const before = this.#takeBefore();
    const offset = lexer.start;
    if (this.#open.length === deepest) {
      lexer.fail(offset, `blocks are nested more than ${deepest} deep`, 'move some of them out');
    }
    this.#take();
    this.#open.push(opening);
    const items = this.items();
    if (lexer.kind === 'end') this.#failOpen();
    this.#open.pop();
    const closeBefore = this.#takeBefore();
    const closeOffset = lexer.start;
    this.#take();
    return { kind: 'block', before, offset, items, closeBefore, closeOffset };
  }

  #luaBlock(opening: Word): LuaBlock {
    const lexer = this.#lexer;
    const before = this.#takeBefore();
    const offset = lexer.start;
    const close = endOfLuaBlock(lexer.source, offset + 1);
    if (close === -1) {
      lexer.fail(
        offset,
        `the Lua block of "${opening.value}" is not closed`,
        'look in it for a brace, quote or long bracket that is opened and not closed',
      );
    }
    const code = lexer.source.slice(offset + 1, close);
    lexer.skipTo(close + 1);
    this.#owned = close + 1;
    lexer.next();
    return { kind: 'lua', before, offset, code };
  }

  #failOpen(): never {
    const { length } = this.#open;
    const innermost = this.#open[length - 1] as Word;
    const others = length === 1 ? '' : `, and ${length - 1} around it`;
    this.#lexer.fail(
      this.#lexer.start,
      `unexpected end of file, expecting "}" for the block "${innermost.value}" of line ${innermost.line}${others}`,
      'write the missing }',
    );
  }

  #word(): Word {
    const lexer = this.#lexer;
    const before = this.#takeBefore();
    const { start, value, line } = lexer;
    const column = start - lexer.lineStart + 1;
    const raw = this.#take();
    return { before, raw, value, offset: start, line, column };
  }

  #comment(): Comment {
    const lexer = this.#lexer;
    const before = this.#takeBefore();
    const { file, line, start } = lexer;
    const column = start - lexer.lineStart + 1;
    const text = this.#take();
    return { kind: 'comment', file, line, column, before, text, offset: start };
  }

  #takeBefore(): string {
    const before = this.#lexer.source.slice(this.#owned, this.#lexer.start);
    this.#owned = this.#lexer.start;
    return before;
  }

  /** Owns the current token, moves to the next, and returns the first one's text. */
  #take(): string {
    const lexer = this.#lexer;
    const text = lexer.source.slice(lexer.start, lexer.end);
    this.#owned = lexer.end;
    lexer.next();
    return text;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(
  source: string | Uint8Array,
  file: string,
): { text: string; encoding: 'utf8' | 'latin1' } {
  if (typeof source === 'string') return { text: withoutMark(source, file), encoding: 'utf8' };
  const [first, second] = source;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new NginxError('HW_NGINX_ENCODING', { file, line: 1, column: 1 }, 'the file is UTF-16', {
      remedy: 'save it as UTF-8',
    });
  }
  let text: string;
  try {
    text = utf8.decode(source);
  } catch {
    return { text: Buffer.from(source).toString('latin1'), encoding: 'latin1' };
  }
  return { text: withoutMark(text, file), encoding: 'utf8' };
}

function withoutMark(text: string, file: string): string {
  if (!text.startsWith('\u{feff}')) return text;
  throw new NginxError(
    'HW_NGINX_ENCODING',
    { file, line: 1, column: 1 },
    'the file begins with a byte order mark, which nginx takes for part of the first directive',
    { remedy: 'save it as UTF-8 without a byte order mark' },
  );
}
