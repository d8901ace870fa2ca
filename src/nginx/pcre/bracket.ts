/** PCRE's bracket expressions, `[…]`, with their named classes and their own rules for `]`, `-` and `\b`. */
import type { Scanner } from './scanner.ts';
import { classSource, complement, escapeSets, posixSets, type Range } from './sets.ts';

/** Takes a bracket expression, and returns a JavaScript character class. */
export function takeBracket(scanner: Scanner): string {
  const start = scanner.at;
  scanner.at++;
  const isNegated = scanner.peek() === '^';
  if (isNegated) scanner.at++;
  const ranges: Range[] = [];
  const first = scanner.at;
  // A ] that comes first is a member.
  while (scanner.peek() !== ']' || scanner.at === first) {
    if (scanner.peek() === undefined) scanner.refuse(start, 'a [ without its ]');
    const members = takeMember(scanner);
    ranges.push(...(isRangeAhead(scanner) ? [takeRange(scanner, members)] : members));
  }
  scanner.at++;
  return classSource(ranges, isNegated);
}

function isRangeAhead(scanner: Scanner): boolean {
  const next = scanner.peek(1);
  return scanner.peek() === '-' && next !== undefined && next !== ']';
}

/** From the `-` on. */
function takeRange(scanner: Scanner, from: readonly Range[]): Range {
  const dash = scanner.at;
  scanner.at++;
  const first = singleOf(from);
  const last = singleOf(takeMember(scanner));
  if (first === undefined || last === undefined) {
    scanner.refuse(dash, 'a range needs a single character at each end; write the - last');
  }
  if (first > last) scanner.refuse(dash, 'the ends of the range are out of order');
  return [first, last];
}

function singleOf(ranges: readonly Range[]): number | undefined {
  const [range, ...more] = ranges;
  return range !== undefined && more.length === 0 && range[0] === range[1] ? range[0] : undefined;
}

function takeMember(scanner: Scanner): readonly Range[] {
  const start = scanner.at;
  const named = scanner.take(/\[([:.=])(\^?)(\w*)\1\]/y);
  if (named !== undefined) return posixSet(scanner, start, named);
  const character = scanner.peek() as string;
  if (character !== '\\') {
    scanner.at++;
    return single(character.charCodeAt(0));
  }
  const letter = scanner.peek(1);
  if (letter === undefined) scanner.refuse(start, 'a \\ at the end');
  const set = escapeSets.get(letter);
  if (set === undefined && letter !== 'b') return single(scanner.takeEscapedCharacter());
  scanner.at += 2;
  return set ?? single(0x08);
}

function single(code: number): readonly Range[] {
  return [[code, code]];
}

function posixSet(scanner: Scanner, start: number, match: RegExpExecArray): readonly Range[] {
  const [text, kind, caret, name] = match as unknown as [string, string, string, string];
  if (kind !== ':') scanner.refuse(start, `${text} is a collating element, which PCRE refuses`);
  // A capital is no different from a small letter when case is ignored, also for [:^upper:].
  const isCase = scanner.caseless && (name === 'upper' || name === 'lower');
  const set = posixSets.get(isCase ? 'alpha' : name);
  if (set === undefined) scanner.refuse(start, `${text} is no class that PCRE knows`);
  return caret === '^' ? complement(set) : set;
}
