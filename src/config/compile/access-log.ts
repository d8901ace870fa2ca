/** `accessLog` as the model has it. */
import { resolve } from 'node:path';
import { defaults } from '../defaults.ts';
import type { AccessLogModel } from '../model.ts';
import type { AccessLogConfig } from '../schema/access-log.ts';
import { present } from './present.ts';

export type LogOptions = {
  /** Absolute; what paths of the configuration are relative to. */
  readonly baseFolder: string;
  /** Absolute; where the access log is by default. */
  readonly dataFolder: string;
};

export function accessLogModel(
  log: AccessLogConfig | undefined,
  options: LogOptions,
): AccessLogModel {
  if (log === undefined) {
    return { kind: 'file', path: resolve(options.dataFolder, defaults.accessLogName) };
  }
  const { to, when, escape: style } = log;
  const format =
    typeof log.format === 'object' && style !== undefined
      ? { ...log.format, escape: style }
      : log.format;
  switch (to.kind) {
    case 'off':
      return to;
    case 'stdout':
      return { ...to, ...present({ format, when }) };
    case 'file':
      return {
        kind: 'file',
        path: resolve(options.baseFolder, to.path),
        ...present({ format, when }),
      };
  }
}
