/** Where the lines of the access log go, and what is in them. Paths are as written. */
import { z } from 'zod';
import { configError } from '../errors.ts';
import type { AccessLogFormat } from '../model.ts';
import { template } from '../values/answer-kinds.ts';
import { type KindMeta, mapping, oneOf, text } from '../values/kinds.ts';
import { parseTemplateText } from '../values/template.ts';
import { key } from './key.ts';

export type AccessLogTarget =
  | { readonly kind: 'off' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string };

function target() {
  return text('`off`, `stdout` or the path of a file', (value): AccessLogTarget => {
    if (value === 'off' || value === 'stdout') return { kind: value };
    if (value === '' || /^(?:on|yes|no|none)$/i.test(value)) {
      throw configError('HW_CONFIG_INVALID', `\`${value}\` names no file`, {
        remedy: 'write off, stdout or the path of a file',
      });
    }
    return { kind: 'file', path: value };
  });
}

const logSchema = mapping({
  to: key(target(), {
    description: 'Where lines go.',
    aka: ['path', 'file', 'output', 'filePath'],
  }),
  format: key(logFormat().optional(), {
    description:
      "`combined`: nginx's, exactly. `json`: one object a line, with what tunnels did. Any other text is a line with variables, as in nginx's `log_format`.",
    defaultText: '`combined`',
    template: true,
    aka: ['log_format', 'encoder'],
  }),
  escape: key(oneOf(['default', 'json', 'none']).optional(), {
    description:
      "How values are escaped in a line with variables, as in nginx's `log_format`: `default`, `json`, `none`.",
    defaultText: '`default`',
  }),
  when: key(template().optional(), {
    description: 'A line is only written when this is neither empty nor `0`: `$http_x_debug`.',
    defaultText: 'always',
    template: true,
    aka: ['if', 'filters', 'condition'],
  }),
});

function logFormat() {
  return text('`combined`, `json` or a line with variables', (value): AccessLogFormat['format'] => {
    if (value === 'combined' || value === 'json') return value;
    if (value.includes('$')) return { template: parseTemplateText(value) };
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a format`, {
      remedy: "write combined, json or a line with variables: '$remote_addr $request $status'",
    });
  });
}

export type AccessLogConfig = z.output<typeof logSchema>;

/** Read as `{ to, format, when }`. */
export function accessLogTarget() {
  const expects = '`off`, `stdout` or the path of a file, or a mapping';
  return z
    .union([target().transform((to): AccessLogConfig => ({ to })), logSchema], {
      error: () => expects,
    })
    .meta({ expects } satisfies KindMeta);
}
