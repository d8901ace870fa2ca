/** "Did you mean …?": the known word closest to a mistyped one. */

/**
 * The candidate with the fewest typing errors (a letter wrong, missing, extra, or two swapped), or undefined when even
 * that one has more than a third of the word's letters wrong. Case, `_`, `-` and `.` do not count: `access_log` is
 * `accessLog`.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = plainForm(word);
  let best: string | undefined;
  let bestErrors = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of candidates) {
    const plainCandidate = plainForm(candidate);
    if (Math.abs(plainCandidate.length - plain.length) >= bestErrors) continue;
    const errors = typingErrors(plain, plainCandidate);
    if (errors < bestErrors) {
      best = candidate;
      bestErrors = errors;
    }
  }
  return best;
}

/** Lower case, without what people join words with: equal forms are the same word. */
export function plainForm(word: string): string {
  return word.toLowerCase().replace(/[_\-.]/g, '');
}

/** Optimal string alignment distance, one row of the table at a time. */
function typingErrors(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const wrong = a[row - 1] === b[column - 1] ? 0 : 1;
      let errors = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + wrong,
      );
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) errors = Math.min(errors, (beforeLast[column - 2] as number) + 1);
      current.push(errors);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] as number;
}
