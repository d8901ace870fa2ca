/** `access_log` and `log_format`. */
import { type Level, settingsNamed } from '../../nginx/level.ts';
import { isBuiltIn } from '../../nginx/variables.ts';
import { isGatewayVariable } from '../gateway-variables.ts';
import type { AccessLogModel, AccessLogTemplate } from '../model.ts';
import type { Template, VariableReference } from '../rule-model.ts';
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
    const nothing = style === 'json' || style === 'none' ? '' : '-';
    formats.set(name, {
      template: withoutAbsent(templateOf(parts.join('')), nothing),
      ...(style === 'json' || style === 'none' || style === 'default' ? { escape: style } : {}),
    });
  }
  return formats;
}

/** What nginx knows and the gateway does not is written as a value that is not there; `undone-values.ts` tells it. */
function withoutAbsent(template: Template, nothing: string): Template {
  const parts: (string | VariableReference)[] = [];
  for (const part of template) {
    const isThere =
      typeof part !== 'string' && (!isBuiltIn(part.variable) || isGatewayVariable(part.variable));
    const last = parts.at(-1);
    const text = typeof part === 'string' ? part : nothing;
    if (isThere) parts.push(part);
    else if (typeof last === 'string') parts[parts.length - 1] = last + text;
    else if (text !== '') parts.push(text);
  }
  return parts;
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
