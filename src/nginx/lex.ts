/**
 * nginx.conf as tokens, by the rules of nginx's own reader (src/core/ngx_conf_file.c, ngx_conf_read_token).
 *
 * - A `#` opens a comment, and a `}` ends a block, only where a word could begin; inside a word they are letters.
 * - `;` and `{` end an unquoted word, except `{` behind a `$`, as in `${name}`.
 * - Quotes open a quoted word only at its start; behind the closing one come a space, `;`, `{` or `)`.
 * - A backslash keeps the next character from meaning anything.
 * - Only space, tab, CR and LF are spaces, and only LF ends a line.
 * - No word or comment is longer than nginx's buffer.
 *
 * One object, whose fields are the current token; nothing is allocated a character. Does not know what words mean.
 */
import { NginxError, type NginxErrorCode, type Place } from './errors.ts';
import { placeAt } from './tree.ts';
import { decodeWord } from './word.ts';

export type TokenKind = 'word' | 'comment' | ';' | '{' | '}' | 'end';

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const doubleQuote = 0x22;
const hash = 0x23;
const dollar = 0x24;
const singleQuote = 0x27;
const closeParenthesis = 0x29;
const semicolon = 0x3b;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Bytes; nginx reads its files through a buffer of this size (NGX_CONF_BUFFER) and refuses what does not fit in it. */
const bufferBytes = 4096;

/** A UTF-16 code unit becomes at most this many bytes of UTF-8. */
const bytesAUnit = 3;

/** Characters that are not simply part of an unquoted word. */
const special = new Uint8Array(128);
for (const code of [0, tab, lineFeed, carriageReturn, space, dollar, semicolon, backslash]) {
  special[code] = 1;
}
special[openBrace] = 1;

export class Lexer {
  readonly file: string;
  readonly source: string;
  /** Whether a character of `source` is a byte of the file. */
  readonly #latin1: boolean;

  kind: TokenKind = 'end';
  /** Index of the token's first character, the opening quote included. */
  start = 0;
  /** Index behind the token's last character. */
  end = 0;
  /** Line of `start`, from 1. */
  line = 1;
  /** Index of the first character of that line. */
  lineStart = 0;
  /** Of a word: what it says. Else empty. */
  value = '';

  #line = 1;
  #lineStart = 0;

  constructor(source: string, file: string, encoding: 'utf8' | 'latin1') {
    this.source = source;
    this.file = file;
    this.#latin1 = encoding === 'latin1';
  }

  /** Reads the next token into the fields. Throws an `NginxError`. */
  next(): void {
    const { source } = this;
    let at = this.end;
    let code = source.charCodeAt(at);
    while (code === space || code === lineFeed || code === tab || code === carriageReturn) {
      at++;
      if (code === lineFeed) {
        this.#line++;
        this.#lineStart = at;
      }
      code = source.charCodeAt(at);
    }
    this.start = at;
    this.line = this.#line;
    this.lineStart = this.#lineStart;
    this.value = '';
    if (at >= source.length) {
      this.end = at;
      this.kind = 'end';
      return;
    }
    switch (code) {
      case semicolon:
        this.#single(';');
        return;
      case openBrace:
        this.#single('{');
        return;
      case closeBrace:
        this.#single('}');
        return;
      case hash:
        this.#comment();
        return;
      case doubleQuote:
      case singleQuote:
        this.#quoted(code);
        return;
      default:
        this.#unquoted();
    }
  }

  /** Continues behind text that was read by other rules (a Lua block). */
  skipTo(offset: number): void {
    for (
      let feed = this.source.indexOf('\n', this.end);
      feed !== -1 && feed < offset;
      feed = this.source.indexOf('\n', feed + 1)
    ) {
      this.#line++;
      this.#lineStart = feed + 1;
    }
    this.end = offset;
  }

  placeAt(offset: number): Place {
    return placeAt(this.file, this.source, offset);
  }

  fail(offset: number, reason: string, remedy?: string, code?: NginxErrorCode): never {
    throw new NginxError(
      code ?? 'HW_NGINX_SYNTAX',
      this.placeAt(offset),
      reason,
      remedy === undefined ? {} : { remedy },
    );
  }

  #single(kind: TokenKind): void {
    this.kind = kind;
    this.end = this.start + 1;
  }

  #comment(): void {
    const feed = this.source.indexOf('\n', this.start);
    this.kind = 'comment';
    this.end = feed === -1 ? this.source.length : feed;
    // The line feed itself lets go of the buffer; without one the file ends, and nothing more is read.
    this.#checkLength(this.start, feed === -1 ? this.end - 1 : this.end, 'comment');
  }

  #quoted(quote: number): void {
    const { source } = this;
    const begin = this.start + 1;
    let at = begin;
    let escaped = false;
    for (;;) {
      const code = source.charCodeAt(at);
      if (code === quote) break;
      if (code === backslash) {
        escaped = true;
        at++;
      }
      if (at >= source.length) this.#failUnclosed(quote);
      if (source.charCodeAt(at) === lineFeed) {
        this.#line++;
        this.#lineStart = at + 1;
      } else if (source.charCodeAt(at) === 0) {
        this.#failZero(at);
      }
      at++;
    }
    this.kind = 'word';
    this.end = at + 1;
    const inner = source.slice(begin, at);
    this.value = escaped ? decodeWord(inner) : inner;
    this.#checkBehindQuote();
    this.#checkLength(begin, this.#release(this.end), 'quoted string');
  }

  #unquoted(): void {
    const { source } = this;
    let at = this.start;
    let escaped = false;
    let behindDollar = false;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code > 127 || special[code] === 0) {
        behindDollar = false;
        continue;
      }
      if (code === dollar) {
        behindDollar = true;
      } else if (code === backslash) {
        behindDollar = false;
        escaped = true;
        at++;
        const next = source.charCodeAt(at);
        if (next === lineFeed) {
          this.#line++;
          this.#lineStart = at + 1;
        } else if (next === 0) {
          this.#failZero(at);
        }
      } else if (code === 0) {
        this.#failZero(at);
      } else if (code !== openBrace || !behindDollar) {
        break;
      }
    }
    this.kind = 'word';
    this.end = Math.min(at, source.length);
    const raw = source.slice(this.start, this.end);
    this.value = escaped ? decodeWord(raw) : raw;
    this.#checkLength(this.start, this.#release(this.end), 'word');
  }

  #checkBehindQuote(): void {
    const { source, end } = this;
    if (end >= source.length) return;
    switch (source.charCodeAt(end)) {
      case space:
      case tab:
      case carriageReturn:
      case lineFeed:
      case semicolon:
      case openBrace:
      case closeParenthesis:
        return;
      default: {
        const [found] = source.slice(end);
        this.fail(
          end,
          `unexpected "${found}" right behind the closing quote`,
          'put a space there, or put the whole word in quotes and a backslash before the quotes in it',
        );
      }
    }
  }

  /** Index of the character at which nginx lets go of a word that ends before `end`: the first that is not its one space. */
  #release(end: number): number {
    const code = this.source.charCodeAt(end);
    const isSpace = code === space || code === tab || code === carriageReturn || code === lineFeed;
    return isSpace ? end + 1 : end;
  }

  /** What begins at `begin` must be let go of within one buffer. */
  #checkLength(begin: number, release: number, noun: string): void {
    const units = release - begin;
    if (units * bytesAUnit < bufferBytes) return;
    const bytes = this.#latin1 ? units : Buffer.byteLength(this.source.slice(begin, release));
    if (bytes < bufferBytes) return;
    this.fail(
      this.start,
      `this ${noun} is longer than nginx's buffer of ${bufferBytes} bytes`,
      noun === 'quoted string'
        ? 'look for a closing quote that is missing, or split the text'
        : 'split it',
    );
  }

  #failUnclosed(quote: number): never {
    const character = String.fromCharCode(quote);
    this.fail(
      this.start,
      `unexpected end of file, expecting ${character} to close the quoted string that begins here`,
      `write the missing ${character}`,
    );
  }

  #failZero(at: number): never {
    this.fail(
      at,
      'there is a zero byte here, where nginx would cut the word off',
      'remove it; if the file is full of them, save it as UTF-8',
      'HW_NGINX_ENCODING',
    );
  }
}
