/** `access_log` and `log_format`. */
import { type Level, settingsNamed } from '../../nginx/level.ts';
import type { AccessLogModel, AccessLogTemplate } from '../model.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';
import { isWritten } from './undone-values.ts';

export type LogFormats = ReadonlyMap<string, AccessLogTemplate>;

/** The formats of `http`, by name; `combined` is built in. */
export function logFormatsOf(http: Level | undefined): LogFormats {
  const formats = new Map<string, AccessLogTemplate>();
  for (const { directive } of http === undefined ? [] : settingsNamed(http, 'log_format')) {
    const [name, ...parts] = directive.args.map((arg) => arg.value);
    if (name === undefined) continue;
    const style = parts[0]?.startsWith('escape=')
      ? parts.shift()?.slice('escape='.length)
      : undefined;
    formats.set(name, {
      template: templateOf(parts.join('')),
      ...(style === 'json' || style === 'none' || style === 'default' ? { escape: style } : {}),
    });
  }
  return formats;
}

export type LogOptions = {
  readonly formats: LogFormats;
  /** Absolute; for what no access_log is in force for. */
  readonly defaultPath: string;
};

/** The first log in force that the gateway can write, since a request has one line here. */
export function accessLogOf(
  reader: LevelReader,
  { formats, defaultPath }: LogOptions,
): AccessLogModel {
  const said = reader.settings('access_log').map(({ directive }) => directive);
  if (said.length === 0) return { kind: 'file', path: defaultPath };
  const [path = 'off', ...rest] = said.find(isWritten)?.args.map((arg) => arg.value) ?? [];
  if (path === 'off') return { kind: 'off' };
  const [word] = rest.filter((one) => !one.includes('='));
  const template = word === undefined || word === 'combined' ? undefined : formats.get(word);
  const when = rest.find((one) => one.startsWith('if='))?.slice('if='.length);
  const format = {
    ...(template === undefined ? {} : { format: template }),
    ...(when === undefined ? {} : { when: templateOf(when) }),
  };
  if (path === '/dev/stdout') return { kind: 'stdout', ...format };
  return { kind: 'file', path: reader.absolute(path), ...format };
}
