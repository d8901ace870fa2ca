/** What commands say to a person, and the exit codes. */
import { HatchwayError } from '../base/errors.ts';
import { type ConfigProblem, formatProblem, inOrder } from '../config/problem.ts';

/** 0: done. 1: it could not be done, or the configuration is bad. 2: the command line was wrong. */
export type ExitCode = 0 | 1 | 2;

/** All together as they stand in the files, so that each place is visited once; then how many problems there are, if any. */
export function printFindings(
  problems: readonly ConfigProblem[],
  warnings: readonly ConfigProblem[] = [],
): void {
  const doubts = new Set(warnings);
  for (const one of inOrder([...problems, ...warnings])) {
    const kind = doubts.has(one) ? 'warning' : undefined;
    process.stderr.write(`${formatProblem(one, kind)}\n`);
  }
  if (problems.length === 0) return;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  process.stderr.write(`hatchway: ${count}\n`);
}

/** The sentence and what to do for a failure that somebody can act on; the whole trace for a bug. */
export function printFailure(error: unknown): void {
  if (error instanceof HatchwayError) {
    process.stderr.write(`hatchway: ${error.message} [${error.code}]\n    ${error.remedy}\n`);
  } else {
    process.stderr.write(`hatchway: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
