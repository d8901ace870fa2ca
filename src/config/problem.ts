/** What is wrong with a configuration, as data; and as lines for a person. */

export type ConfigProblem = {
  /** The file as it was named. */
  readonly file: string;
  /** From 1; line and column are missing when the file itself cannot be read. */
  readonly line?: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column?: number;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to do, as one line. */
  readonly hint?: string;
};

/** Where a problem is, as keys and indices from the top of the file. */
export type ConfigPath = readonly (string | number)[];

/** The line of a path, from 1, for messages that point at a second place. */
export type LineOf = (path: ConfigPath) => number;

/** A problem before its place in the file is looked up. */
export type Finding = {
  readonly path: ConfigPath;
  /** Whether it is the key that is wrong, or what it is set to (default). */
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly hint?: string;
  /** The key that the person probably wrote, and wrote wrongly: what follows from its absence is not worth telling. */
  readonly meant?: ConfigPath;
};

/** `file:line:column: message` and, indented, the hint. A warning says that it is one. */
export function formatProblem(problem: ConfigProblem, kind?: 'warning'): string {
  const { file, line, column } = problem;
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const hint = problem.hint === undefined ? '' : `\n    ${problem.hint}`;
  return `${place}: ${kind === undefined ? '' : `${kind}: `}${problem.message}${hint}`;
}

/** File by file, as a person reads them; what is wrong in a file that is included several times is told once. */
export function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const distinct = new Map(
    problems.map((one) => [`${one.file}:${one.line}:${one.column} ${one.message}`, one] as const),
  );
  const byFile = Map.groupBy(distinct.values(), ({ file }) => file);
  return [...byFile.values()].flatMap((group) =>
    group.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  );
}
