/** Reads a PCRE pattern from left to right and writes the JavaScript one. `pcre.ts` says what differs between them. */
import { takeBracket } from './bracket.ts';
import { BackReference, Frame } from './reference.ts';
import { noEqual, Scanner } from './scanner.ts';
import { characterSource, classSource, escapeSets } from './sets.ts';

/** Flags in force; the end of a group brings back those before it. That case is ignored holds for the whole pattern. */
type Flags = {
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
};

type Quantifier = { readonly text: string; readonly min: number; readonly max: number };

/** PCRE's limit for the numbers in `{…}`. */
const mostRepeats = 65_535;

/** Before a line feed at the very end, or at the end. */
const end = '(?=\\n?$)';
/** At the start, or behind a line feed that is not the last character. */
const lineStart = '(?:^|(?<=\\n)(?!$))';
const lineEnd = '(?![^\\n])';

export class Translator {
  readonly captures: Frame[] = [];
  readonly names = new Map<string, Frame>();
  readonly #scanner: Scanner;
  #flags: Flags = { multiline: false, dotAll: false, extended: false };
  /** Nothing but flags was read so far. */
  #isLeading = true;
  #frame = new Frame();
  readonly #references: BackReference[] = [];

  constructor(pattern: string, caseless: boolean) {
    this.#scanner = new Scanner(pattern, caseless);
  }

  /** Throws a `Refusal`. */
  translate(): { source: string; flags: '' | 'i' } {
    const scanner = this.#scanner;
    this.#verbs();
    const source = this.#alternatives();
    if (scanner.peek() !== undefined) scanner.refuse(scanner.at, 'a ) without its (');
    for (const reference of this.#references) this.#checkReference(reference);
    return { source, flags: scanner.caseless ? 'i' : '' };
  }

  /** `(*UTF8)` and its like, at the start only. */
  #verbs(): void {
    const scanner = this.#scanner;
    for (;;) {
      const start = scanner.at;
      const verb = scanner.take(/\(\*([A-Z0-9_=]*)\)/y);
      if (verb === undefined) return;
      if (verb[1] !== 'UTF8' && verb[1] !== 'UTF') scanner.refuse(start, `${verb[0]} ${noEqual}`);
      scanner.isUtf = true;
    }
  }

  /** Up to a `)` that was not opened here, or the end. */
  #alternatives(): string {
    const scanner = this.#scanner;
    let source = '';
    for (;;) {
      this.#skipIgnored();
      const character = scanner.peek();
      if (character === undefined || character === ')') return source;
      if (character === '|') {
        scanner.at++;
        this.#isLeading = false;
        this.#frame.branch++;
        source += '|';
      } else {
        source += this.#piece(character);
      }
    }
  }

  /** With the flag x, spaces and comments are not part of the pattern. */
  #skipIgnored(): void {
    if (this.#flags.extended) this.#scanner.take(/(?:\s|#[^\n]*)*/y);
  }

  /** Something, and how often. */
  #piece(character: string): string {
    const scanner = this.#scanner;
    if (character === '(') return this.#group();
    this.#isLeading = false;
    switch (character) {
      case '^':
        scanner.at++;
        return this.#assertion(this.#flags.multiline ? lineStart : '^');
      case '$':
        scanner.at++;
        return this.#assertion(this.#flags.multiline ? lineEnd : end);
      case '.':
        scanner.at++;
        return this.#repeated(this.#flags.dotAll ? '[^]' : '[^\\n]');
      case '[':
        return this.#repeated(takeBracket(scanner));
      case '\\':
        return this.#escape();
      default:
        if (this.#quantifierHere() !== undefined) {
          scanner.refuse(scanner.at, `nothing to repeat before ${character}`);
        }
        scanner.at++;
        return this.#repeated(characterSource(character.charCodeAt(0)));
    }
  }

  /** With the quantifier behind it, if there is one. */
  #repeated(source: string, frame?: Frame): string {
    const scanner = this.#scanner;
    this.#skipIgnored();
    const start = scanner.at;
    const quantifier = this.#quantifierHere();
    if (quantifier === undefined) return source;
    const { text, min, max } = quantifier;
    if (min > max) scanner.refuse(start, `the numbers in ${text} are out of order`);
    if (min > mostRepeats || (max !== Number.POSITIVE_INFINITY && max > mostRepeats)) {
      scanner.refuse(start, `a number in ${text} is too big`);
    }
    if (frame !== undefined && min === 0) frame.isOptional = true;
    scanner.at += text.length;
    if (scanner.peek() === '+') scanner.refuse(start, `the possessive ${text}+ ${noEqual}`);
    const lazy = scanner.take(/\?/y)?.[0] ?? '';
    this.#skipIgnored();
    if (this.#quantifierHere() !== undefined) {
      scanner.refuse(scanner.at, 'a repetition of a repetition; put the first into (?:…)');
    }
    return source + text + lazy;
  }

  #assertion(source: string): string {
    this.#skipIgnored();
    if (this.#quantifierHere() !== undefined) {
      this.#scanner.refuse(this.#scanner.at, 'a place in the text cannot be repeated');
    }
    return source;
  }

  #quantifierHere(): Quantifier | undefined {
    const sticky = /[*+?]|\{(\d+)(?:(,)(\d*))?\}/y;
    sticky.lastIndex = this.#scanner.at;
    const match = sticky.exec(this.#scanner.pattern);
    if (match === null) return undefined;
    const [text, from, comma, to] = match;
    if (from === undefined) {
      return { text, min: text === '+' ? 1 : 0, max: text === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    const min = Number(from);
    if (comma === undefined) return { text, min, max: min };
    return { text, min, max: to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  }

  #group(): string {
    const scanner = this.#scanner;
    const start = scanner.at;
    if (scanner.take(/\(\?#[^)]*\)/y) !== undefined) return '';
    const reference = scanner.take(/\(\?P=(\w+)\)/y)?.[1];
    if (reference !== undefined) return this.#reference(start, reference);
    const named = scanner.take(/\(\?(?:P?<(\w+)>|'(\w+)')/y);
    if (named !== undefined) {
      const name = (named[1] ?? named[2]) as string;
      return this.#inside(start, `(?<${name}>`, { name });
    }
    const plain = scanner.take(/\(\?(?:[:=!]|<[=!])|\((?![?*])/y)?.[0];
    if (plain !== undefined) return this.#inside(start, plain, {});
    const flags = scanner.take(/\(\?([a-zA-Z^-]*)([:)])/y);
    if (flags === undefined) return this.#refuseGroup(start);
    const before = this.#flags;
    this.#setFlags(start, flags[1] as string);
    return flags[2] === ')' ? '' : this.#inside(start, '(?:', { flagsAfter: before });
  }

  /** The rest of a group that has been opened. */
  #inside(start: number, opening: string, given: { name?: string; flagsAfter?: Flags }): string {
    const scanner = this.#scanner;
    const { name, flagsAfter = this.#flags } = given;
    const outer = this.#frame;
    const frame = new Frame(outer);
    frame.isOptional = opening.endsWith('!');
    if (opening === '(' || name !== undefined) this.captures.push(frame);
    if (name !== undefined) {
      if (this.names.has(name)) scanner.refuse(start, `two groups are named ${name}`);
      this.names.set(name, frame);
    }
    this.#isLeading = false;
    this.#frame = frame;
    const source = this.#alternatives();
    if (scanner.peek() !== ')') scanner.refuse(start, 'a ( without its )');
    scanner.at++;
    this.#flags = flagsAfter;
    this.#frame = outer;
    frame.isClosed = true;
    const whole = `${opening}${source})`;
    const isAssertion = /[=!]$/.test(opening);
    return isAssertion ? this.#assertion(whole) : this.#repeated(whole, frame);
  }

  #refuseGroup(start: number): never {
    const opening = this.#scanner.take(/\([?*][^)\w]*\w*/y)?.[0] ?? '(';
    const noun = opening.startsWith('(?>') ? 'the atomic group (?>…)' : opening;
    this.#scanner.refuse(start, `${noun} ${noEqual}`);
  }

  #setFlags(start: number, letters: string): void {
    const next = { ...this.#flags };
    let value = true;
    for (const letter of letters) {
      switch (letter) {
        case '-':
          value = false;
          break;
        case 'i':
          this.#setCaseless(start, value);
          break;
        case 'm':
          next.multiline = value;
          break;
        case 's':
          next.dotAll = value;
          break;
        case 'x':
          next.extended = value;
          break;
        default:
          this.#scanner.refuse(start, `the flag ${letter} ${noEqual}`);
      }
    }
    this.#flags = next;
  }

  #setCaseless(start: number, value: boolean): void {
    if (value === this.#scanner.caseless) return;
    if (!value || !this.#isLeading || this.#scanner.pattern[this.#scanner.at - 1] === ':') {
      this.#scanner.refuse(
        start,
        'case can be ignored in the whole pattern only; put (?i) at its start',
      );
    }
    this.#scanner.caseless = true;
  }

  /** Behind a backslash, outside of brackets. */
  #escape(): string {
    const scanner = this.#scanner;
    const start = scanner.at;
    const letter = scanner.peek(1);
    switch (letter) {
      case undefined:
        return scanner.refuse(start, 'a \\ at the end');
      case 'A':
        scanner.at += 2;
        return this.#assertion('^');
      case 'Z':
        scanner.at += 2;
        return this.#assertion(end);
      case 'z':
        scanner.at += 2;
        return this.#assertion('$');
      case 'b':
      case 'B':
        scanner.at += 2;
        return this.#assertion(`\\${letter}`);
      case 'N':
        scanner.at += 2;
        return this.#repeated('[^\\n]');
      case 'E':
        scanner.at += 2;
        return '';
      case 'Q':
        return this.#quotedText();
      case 'g':
      case 'k':
        return this.#namedReference(start);
      default:
    }
    if (/[1-9]/.test(letter)) return this.#numberedReference(start);
    const set = escapeSets.get(letter);
    if (set === undefined) return this.#repeated(characterSource(scanner.takeEscapedCharacter()));
    scanner.at += 2;
    return this.#repeated(/[dDwW]/.test(letter) ? `\\${letter}` : classSource(set));
  }

  /** `\Q…\E`: a quantifier belongs to the last character. */
  #quotedText(): string {
    const [, text] = this.#scanner.take(/\\Q(.*?)(?:\\E|$)/sy) as unknown as [string, string];
    const sources = Array.from({ length: text.length }, (_, index) =>
      characterSource(text.charCodeAt(index)),
    );
    const last = sources.pop();
    return last === undefined ? '' : sources.join('') + this.#repeated(last);
  }

  #numberedReference(start: number): string {
    const [, digits] = this.#scanner.take(/\\(\d+)/y) as unknown as [string, string];
    if (digits.length > 1) {
      this.#scanner.refuse(
        start,
        `\\${digits} may be a group or an octal number; write \\g{${digits}}`,
      );
    }
    return this.#reference(start, Number(digits));
  }

  /** `\k<n>`, `\k'n'`, `\k{n}`, `\g1`, `\g{1}`, `\g{-1}`, `\g{n}`. */
  #namedReference(start: number): string {
    const scanner = this.#scanner;
    const match = scanner.take(
      /\\(?:k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g(?:(-?\d+)|\{(-?\d+|\w+)\}))/y,
    );
    if (match === undefined) {
      return scanner.refuse(start, `${scanner.pattern.slice(start, start + 3)} ${noEqual}`);
    }
    const target = match.slice(1).find((part) => part !== undefined) as string;
    if (!/^-?\d+$/.test(target)) return this.#reference(start, target);
    const number = Number(target);
    return this.#reference(start, number < 0 ? this.captures.length + 1 + number : number);
  }

  #reference(start: number, target: number | string): string {
    this.#isLeading = false;
    this.#references.push(new BackReference(start, target, this.#frame, this.captures));
    // Without (?:) a digit that follows would join the number.
    return this.#repeated(typeof target === 'number' ? `(?:\\${target})` : `\\k<${target}>`);
  }

  #checkReference(reference: BackReference): void {
    const { target, offset } = reference;
    const group = typeof target === 'number' ? this.captures[target - 1] : this.names.get(target);
    if (group === undefined) {
      this.#scanner.refuse(offset, `there is no group ${target}`);
    } else if (!reference.isAlwaysSet(group)) {
      this.#scanner.refuse(
        offset,
        `a reference to group ${target}, which may not be set, ${noEqual}`,
      );
    }
  }
}
