/** `access_log` and `log_format`. */
import { type Level, settingsNamed } from '../../nginx/level.ts';
import type { AccessLogModel, AccessLogTemplate } from '../model.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';

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

/** The first log of a level, since a request has one line here; undefined when the level says nothing of its own. */
export function accessLogOf(reader: LevelReader, formats: LogFormats): AccessLogModel | undefined {
  const [first] = reader.all('access_log');
  const [path = 'logs/access.log', ...rest] = first ?? [];
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
