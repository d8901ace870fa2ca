/**
 * Effective values of one level in the units of the model: what a directive says there, or what it inherits, or nginx's default.
 * Values that nginx would refuse have been reported by `src/nginx` and count as not said.
 */
import { resolve } from 'node:path';
import { effective, effectiveArgs } from '../../nginx/effective.ts';
import type { Level, Setting } from '../../nginx/level.ts';
import { parseNumber, parseSize, parseTime } from '../../nginx/units.ts';

export class LevelReader {
  readonly level: Level;
  /** What relative paths are relative to. */
  readonly #prefix: string;

  constructor(level: Level, prefix: string) {
    this.level = level;
    this.#prefix = prefix;
  }

  /** The directives in force; none when the default holds. */
  settings(name: string): readonly Setting[] {
    return effective(this.level, name).settings;
  }

  /** Their arguments. */
  all(name: string): string[][] {
    return this.settings(name).map(({ directive }) => directive.args.map((arg) => arg.value));
  }

  /** The arguments of a directive that counts once; undefined when it is not said and has no default. */
  args(name: string): readonly string[] | undefined {
    return effectiveArgs(this.level, name);
  }

  /** Whether the configuration itself says it. */
  isSaid(name: string): boolean {
    return this.settings(name).length > 0;
  }

  word(name: string): string | undefined {
    return this.args(name)?.[0];
  }

  flag(name: string): boolean {
    return this.word(name)?.toLowerCase() === 'on';
  }

  /** In milliseconds. */
  time(name: string, fallback: number): number {
    const word = this.word(name);
    return (word === undefined ? undefined : parseTime(word)) ?? fallback;
  }

  /** In bytes. */
  size(name: string, fallback: number): number {
    const word = this.word(name);
    return (word === undefined ? undefined : parseSize(word, true)) ?? fallback;
  }

  number(name: string, fallback: number): number {
    const word = this.word(name);
    return (word === undefined ? undefined : parseNumber(word)) ?? fallback;
  }

  /** An absolute path; undefined when none is said. */
  path(name: string): string | undefined {
    const word = this.isSaid(name) ? this.word(name) : undefined;
    return word === undefined || word === '' ? undefined : this.absolute(word);
  }

  absolute(path: string): string {
    return resolve(this.#prefix, path);
  }
}
