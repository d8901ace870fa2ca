/** What of an nginx.conf is not in the hatchway.yaml that it became, with its place. */
import { effective } from '../../../nginx/effective.ts';
import type { Level, Setting } from '../../../nginx/level.ts';
import type { ConfigProblem } from '../../problem.ts';

export class ImportReport {
  /** By place and message: what several locations inherit is told once. */
  readonly #refused = new Map<string, ConfigProblem>();

  get problems(): readonly ConfigProblem[] {
    return [...this.#refused.values()];
  }

  /** @param name of the directive in force in `level` that is the reason; without one it is the block itself */
  refuse(level: Level | undefined, name: string | undefined, message: string, hint?: string): void {
    const { file = 'nginx.conf', line, column } = placeOf(level, name)?.directive ?? {};
    this.#refused.set(`${file}:${line}:${column}: ${message}`, {
      file,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function placeOf(level: Level | undefined, name: string | undefined): Setting | undefined {
  if (level === undefined) return undefined;
  const said = name === undefined ? undefined : effective(level, name).settings.at(-1);
  return said ?? level.opening;
}
