/** What commands say to a person, and the exit codes. */
import { HatchwayError } from '../base/errors.ts';
import { type ConfigProblem, formatProblem } from '../config/problem.ts';

/** 0: done. 1: it could not be done, or the configuration is bad. 2: the command line was wrong. */
export type ExitCode = 0 | 1 | 2;

export function printProblems(problems: readonly ConfigProblem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
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
