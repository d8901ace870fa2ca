/**
 * A command as a person writes it, to and from the list of words that is run. Used for the `cmd` of deep links and the
 * "Open with…" form. No shell reads it: there are no variables, patterns or pipes; for those, run `sh -c '…'`.
 *
 * Words are separated by white space. `'…'` keeps everything as it is. In `"…"` a backslash keeps a following `"` or
 * backslash as it is; outside quotes it does so with any character. `""` is an empty word.
 */

export type ParsedCommandLine = { ok: true; words: string[] } | { ok: false; message: string };

/** The words of a command line; none for an empty one. `message` is one sentence about what is missing. */
export function parseCommandLine(text: string): ParsedCommandLine {
  const words: string[] = [];
  /** Undefined between words. */
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote === "'") {
      if (char === "'") quote = undefined;
      else word += char;
    } else if (char === '\\') {
      const next = text[i + 1];
      if (next === undefined) {
        return { ok: false, message: 'The backslash at the end has nothing to protect.' };
      }
      const protects = quote === undefined || next === '"' || next === '\\';
      word = (word ?? '') + (protects ? next : char + next);
      i++;
    } else if (quote === '"') {
      if (char === '"') quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== undefined) return { ok: false, message: `A ${quote} is not closed.` };
  if (word !== undefined) words.push(word);
  return { ok: true, words };
}

/** A command line that reads as these words again. */
export function formatCommandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (word !== '' && !/[\s'"\\]/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/["\\]/g, '\\$&')}"` : `'${word}'`;
}
