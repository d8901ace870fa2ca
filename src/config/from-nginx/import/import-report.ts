/** What an import has to say: what hatchway.yaml cannot express, and what is a little different there. */
import { effective } from '../../../nginx/effective.ts';
import type { Level, Setting } from '../../../nginx/level.ts';
import type { ConfigProblem } from '../../problem.ts';

export class ImportReport {
  /** By place and message: what several locations inherit is told once. */
  readonly #refused = new Map<string, ConfigProblem>();
  readonly #different = new Map<string, ConfigProblem>();

  /** What cannot be expressed. When there is any, nothing is written. */
  get problems(): readonly ConfigProblem[] {
    return [...this.#refused.values()];
  }

  /** What is otherwise in the result. */
  get differences(): readonly ConfigProblem[] {
    return [...this.#different.values()];
  }

  /** @param name of the directive in force in `level` that is the reason; without one it is the block itself */
  refuse(level: Level, name: string | undefined, message: string, hint?: string): void {
    add(this.#refused, placeOf(level, name), message, hint);
  }

  differs(level: Level, name: string | undefined, message: string, hint?: string): void {
    add(this.#different, placeOf(level, name), message, hint);
  }
}

function placeOf(level: Level, name: string | undefined): Setting | undefined {
  const said = name === undefined ? undefined : effective(level, name).settings.at(-1);
  return said ?? level.opening;
}

function add(
  problems: Map<string, ConfigProblem>,
  place: Setting | undefined,
  message: string,
  hint: string | undefined,
): void {
  const { file = 'nginx.conf', line, column } = place?.directive ?? {};
  problems.set(`${file}:${line}:${column}: ${message}`, {
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}
