/**
 * PCRE, in which nginx's regular expressions are written, as JavaScript's RegExp.
 *
 * The result is for text of one character a byte, as nginx compares bytes: `é` in a pattern is two of them. It matches what
 * nginx would match, with these exceptions, which no pattern can express: a group inside a repeated group is empty when the
 * last round passed it by, where PCRE keeps an earlier round's text; and a repetition goes on past a round that matches
 * nothing, as in `(?:|a)+`, where PCRE stops, so that it may match more text. What JavaScript has no equal for is refused, never approximated: possessive and atomic
 * parts, recursion, conditions, `\K`, `\R`, properties, flags that ignore case in a part of the pattern.
 *
 * Translated are: `$`, which in PCRE matches before a line feed at the end too; `.`, which there excludes only the line feed;
 * `\s`, which is ASCII there; `\A`, `\z`, `\Z`, `\h`, `\v`, `\x{…}`, `\Q…\E`, `(?P<name>…)`, `[[:alpha:]]`, comments, and the
 * flags `m`, `s` and `x` (pcre2pattern(3)). The result has neither of JavaScript's flags `u` and `v`: without `(*UTF8)` PCRE
 * too takes a text unit by unit.
 */
import { Refusal } from './pcre/scanner.ts';
import { Translator } from './pcre/translator.ts';

export type Regex = {
  readonly ok: true;
  readonly regex: RegExp;
  readonly groupCount: number;
  /** Of named groups, in order. */
  readonly groupNames: readonly string[];
};

export type RegexProblem = {
  readonly ok: false;
  /** Index in the bytes of the pattern. */
  readonly offset: number;
  readonly reason: string;
};

/** @param caseless as with `~*` */
export function translatePcre(pattern: string, caseless = false): Regex | RegexProblem {
  const translator = new Translator(Buffer.from(pattern).toString('latin1'), caseless);
  try {
    const { source, flags } = translator.translate();
    return {
      ok: true,
      regex: new RegExp(source, flags),
      groupCount: translator.captures.length,
      groupNames: [...translator.names.keys()],
    };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, offset: error.offset, reason: error.message };
    if (!(error instanceof SyntaxError)) throw error;
    // What is left for JavaScript to object to, such as a name that begins with a digit, has no known place.
    return { ok: false, offset: 0, reason: error.message.replace(/^.*: /s, '').toLowerCase() };
  }
}
