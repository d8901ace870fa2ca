/**
 * Two texts as a unified diff, in the form that `patch` and `git apply` read.
 *
 * Lines are compared by Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) between the common
 * head and tail; its cost grows with the number of changed lines, which for an edit of a configuration is small.
 */

export type DiffOptions = {
  /** Names in the header. Default `a` and `b`. */
  readonly oldName?: string;
  readonly newName?: string;
  /** Unchanged lines shown around a change. Default 3. */
  readonly context?: number;
};

/** A run of lines that are the same, only in the old text, or only in the new one. */
type Step = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/** Empty when the texts are equal. */
export function unifiedDiff(oldText: string, newText: string, options: DiffOptions = {}): string {
  if (oldText === newText) return '';
  const { oldName = 'a', newName = 'b', context = 3 } = options;
  const steps = diffLines(linesOf(oldText), linesOf(newText));
  let diff = `--- ${oldName}\n+++ ${newName}\n`;
  for (const [from, to] of hunkRanges(steps, context)) diff += formatHunk(steps, from, to);
  return diff;
}

/** Lines with their ends, so that a missing or different end is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function diffLines(oldLines: readonly string[], newLines: readonly string[]): Step[] {
  let head = 0;
  while (head < oldLines.length && head < newLines.length && oldLines[head] === newLines[head]) {
    head++;
  }
  let tail = 0;
  while (
    tail < oldLines.length - head &&
    tail < newLines.length - head &&
    oldLines[oldLines.length - 1 - tail] === newLines[newLines.length - 1 - tail]
  ) {
    tail++;
  }
  const keep = (line: string): Step => ({ kind: ' ', line });
  return [
    ...oldLines.slice(0, head).map(keep),
    ...shortestEdit(
      oldLines.slice(head, oldLines.length - tail),
      newLines.slice(head, newLines.length - tail),
    ),
    ...oldLines.slice(oldLines.length - tail).map(keep),
  ];
}

function shortestEdit(oldLines: readonly string[], newLines: readonly string[]): Step[] {
  const trace = exploreUntilEnd(oldLines, newLines);
  const steps: Step[] = [];
  let x = oldLines.length;
  let y = newLines.length;
  for (let depth = trace.length - 1; depth > 0; depth--) {
    const furthest = trace[depth - 1] as Map<number, number>;
    const diagonal = x - y;
    const isDown = comesFromAbove(furthest, diagonal, depth);
    const previousDiagonal = isDown ? diagonal + 1 : diagonal - 1;
    const previousX = furthest.get(previousDiagonal) as number;
    const previousY = previousX - previousDiagonal;
    while (x > previousX && y > previousY && x > 0 && y > 0) {
      steps.push({ kind: ' ', line: oldLines[--x] as string });
      y--;
    }
    if (isDown) steps.push({ kind: '+', line: newLines[--y] as string });
    else steps.push({ kind: '-', line: oldLines[--x] as string });
  }
  while (x > 0) steps.push({ kind: ' ', line: oldLines[--x] as string });
  return steps.reverse();
}

/**
 * The furthest x reached on each diagonal (x − y) with 0, 1, 2, … changes, up to the number that reaches both ends.
 */
function exploreUntilEnd(
  oldLines: readonly string[],
  newLines: readonly string[],
): Map<number, number>[] {
  const trace: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let depth = 0; ; depth++) {
    const reached = new Map<number, number>();
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      let x = comesFromAbove(furthest, diagonal, depth)
        ? (furthest.get(diagonal + 1) as number)
        : (furthest.get(diagonal - 1) as number) + 1;
      let y = x - diagonal;
      while (x < oldLines.length && y < newLines.length && oldLines[x] === newLines[y]) {
        x++;
        y++;
      }
      reached.set(diagonal, x);
      if (x >= oldLines.length && y >= newLines.length) {
        trace.push(reached);
        return trace;
      }
    }
    trace.push(reached);
    furthest = reached;
  }
}

/** Whether the best way to this diagonal is an insertion (down) and not a deletion (right). */
function comesFromAbove(
  furthest: ReadonlyMap<number, number>,
  diagonal: number,
  depth: number,
): boolean {
  if (diagonal === -depth) return true;
  if (diagonal === depth) return depth === 0;
  return (furthest.get(diagonal - 1) as number) < (furthest.get(diagonal + 1) as number);
}

/** Ranges of steps that belong together: changes with their context, joined where the contexts touch. */
function hunkRanges(steps: readonly Step[], context: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  steps.forEach((step, index) => {
    if (step.kind === ' ') return;
    const from = Math.max(0, index - context);
    const to = Math.min(steps.length, index + context + 1);
    const last = ranges.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  });
  return ranges;
}

function formatHunk(steps: readonly Step[], from: number, to: number): string {
  const count = (kind: '-' | '+', begin: number, end: number) =>
    steps.slice(begin, end).filter((step) => step.kind !== (kind === '-' ? '+' : '-')).length;
  const oldRange = formatRange(count('-', 0, from), count('-', from, to));
  const newRange = formatRange(count('+', 0, from), count('+', from, to));
  let hunk = `@@ -${oldRange} +${newRange} @@\n`;
  for (const { kind, line } of steps.slice(from, to)) {
    hunk += line.endsWith('\n') ? kind + line : `${kind}${line}\n\\ No newline at end of file\n`;
  }
  return hunk;
}

/** An empty range names the line before it; a range of one line leaves out its length. */
function formatRange(before: number, length: number): string {
  if (length === 0) return `${before},0`;
  return length === 1 ? `${before + 1}` : `${before + 1},${length}`;
}
