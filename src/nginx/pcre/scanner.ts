/** A place in a PCRE pattern, the escapes that are the same inside and outside of brackets, and how a pattern is refused. */

/** Thrown while a pattern is read, and told as a `RegexProblem`. */
export class Refusal extends Error {
  /** Index in the pattern. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

export const noEqual = 'has no equal in JavaScript';

const controlEscapes: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

export class Scanner {
  readonly pattern: string;
  /** Index of the next character. */
  at = 0;
  /** Characters above 0xff may be named by number. */
  isUtf = false;
  caseless: boolean;

  constructor(pattern: string, caseless: boolean) {
    this.pattern = pattern;
    this.caseless = caseless;
  }

  /** The next character, or the one `ahead` of it; undefined at the end. */
  peek(ahead = 0): string | undefined {
    return this.pattern[this.at + ahead];
  }

  /** Takes what a sticky expression matches at this place; undefined when it does not. */
  take(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.at;
    const match = sticky.exec(this.pattern) ?? undefined;
    if (match !== undefined) this.at += match[0].length;
    return match;
  }

  refuse(offset: number, reason: string): never {
    throw new Refusal(offset, reason);
  }

  /** Takes a backslash and what belongs to it, and returns the code of the one character they stand for. */
  takeEscapedCharacter(): number {
    const start = this.at;
    const letter = this.peek(1) as string;
    const control = controlEscapes.get(letter);
    if (control !== undefined) {
      this.at += 2;
      return control;
    }
    if (letter === 'c') {
      const character = this.peek(2) ?? '';
      if (!/[ -~]/.test(character)) this.refuse(start, '\\c needs a printable character behind it');
      this.at += 3;
      return character.toUpperCase().charCodeAt(0) ^ 0x40;
    }
    const numeric = this.take(
      /\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]+)\}|([0-7]{1,3}))/y,
    );
    if (numeric !== undefined) {
      const [text, braced, hex, octal, bare] = numeric;
      const hexadecimal = braced ?? hex;
      const code =
        hexadecimal === undefined
          ? Number.parseInt((octal ?? bare) as string, 8)
          : Number.parseInt(hexadecimal || '0', 16);
      if (code > (this.isUtf ? 0xffff : 0xff)) this.refuse(start, `${text} is no single byte`);
      return code;
    }
    if (/[A-Za-z0-9]/.test(letter)) this.refuse(start, `\\${letter} ${noEqual}`);
    this.at += 2;
    return letter.charCodeAt(0);
  }
}
