/**
 * Lines by a template of the configuration: nginx's `log_format`, its ways to escape, and what it writes for a
 * variable without value (`-`, or nothing with `json` and `none`). Source: nginx, `ngx_http_log_module`.
 *
 * One thing is different: what gives somebody access does not reach the file, even where the template names it.
 */
import { isSecretParameter, redactUrl } from '../base/log.ts';
import type { AccessLogTemplate } from '../config/model.ts';
import type { LoggedRequest, LoggedTunnelEnd, UnreadRequest } from './access-entry.ts';
import { escapeDefault, escapeJson } from './access-log-escape.ts';
import { type LineFormat, ownText, type TunnelLine } from './access-log-format.ts';
import { localIsoTime, localTime } from './access-log-time.ts';
import { utf8Bytes } from './request-uri.ts';
import type { VariableSource } from './variables.ts';

/** Text, or a variable's name. */
type Part = { readonly text: string } | { readonly variable: string };

type Style = {
  readonly quote: (value: string) => string;
  /** For a variable without value. */
  readonly nothing: string;
};

const styles: Readonly<Record<NonNullable<AccessLogTemplate['escape']>, Style>> = {
  default: { quote: escapeDefault, nothing: '-' },
  json: { quote: escapeJson, nothing: '' },
  none: { quote: (value) => value, nothing: '' },
};

export function templateFormat(model: AccessLogTemplate): LineFormat {
  const style = styles[model.escape ?? 'default'];
  const parts: readonly Part[] = model.template.map((part) =>
    typeof part === 'string' ? { text: utf8Bytes(part) } : part,
  );
  return {
    tellsOpenings: false,
    request: (request) => lineOf(parts, style, request),
    unread: (request) => lineOf(parts, style, new UnreadVariables(request)),
    tunnelOpening: () => '',
    tunnel: (request) => new TemplateTunnel(parts, style, request),
  };
}

function lineOf(parts: readonly Part[], style: Style, source: VariableSource): string {
  let line = '';
  for (const part of parts) {
    line += 'text' in part ? part.text : textOf(part.variable, style, source);
  }
  return `${line}\n`;
}

function textOf(name: string, { quote, nothing }: Style, source: VariableSource): string {
  // In nearly every template, and the dearest.
  if (name === 'time_local') return localTime();
  if (name === 'time_iso8601') return localIsoTime();
  const value = source.variable(name);
  return value === undefined ? nothing : quote(withoutSecrets(name, value));
}

/** Variables whose values are or hold URLs, whose queries may carry tokens. `args` has no `?` before it. */
const queries: readonly string[] = ['args', 'query_string'];

/** Fields and cookies that give access to whoever has them. */
const secretName =
  /^(?:(?:sent_|upstream_)?http_.*(?:authorization|cookie|token|api_?key|secret|password)|http_sec_websocket_protocol|(?:upstream_)?cookie_)/;

function withoutSecrets(name: string, value: string): string {
  if (value === '') return value;
  if (secretName.test(name)) return 'REDACTED';
  if (name.startsWith('arg_') && isSecretParameter(name.slice('arg_'.length))) return 'REDACTED';
  return queries.includes(name) ? redactUrl(`?${value}`).slice(1) : redactUrl(value);
}

/** What is known of a request that was not understood. */
class UnreadVariables implements VariableSource {
  readonly #request: UnreadRequest;

  constructor(request: UnreadRequest) {
    this.#request = request;
  }

  variable(name: string): string | undefined {
    const { remoteAddress, requestId, status, bodyBytesSent } = this.#request;
    switch (name) {
      case 'remote_addr':
        return remoteAddress;
      case 'request_id':
        return requestId;
      case 'status':
        return String(status);
      case 'body_bytes_sent':
      case 'bytes_sent':
        return String(bodyBytesSent);
      default:
        return timeVariable(name);
    }
  }
}

/** What a tunnel's line has to ask for at its end; all else is written when it opens. */
const lateNames: readonly string[] = [
  'body_bytes_sent',
  'bytes_sent',
  'upstream_response_length',
  'upstream_bytes_received',
  'upstream_bytes_sent',
  'request_time',
  'upstream_response_time',
  'time_local',
  'time_iso8601',
  'msec',
];

class TemplateTunnel implements TunnelLine {
  /** Text that is ready, each time followed by the value of the late variable at the same index. */
  readonly #texts: readonly string[];
  readonly #lateNames: readonly string[];

  constructor(parts: readonly Part[], style: Style, request: LoggedRequest) {
    const texts: string[] = [];
    const late: string[] = [];
    let text = '';
    for (const part of parts) {
      if ('text' in part) {
        text += part.text;
      } else if (lateNames.includes(part.variable)) {
        texts.push(ownText(text));
        late.push(part.variable);
        text = '';
      } else if (part.variable === 'status') {
        text += '101';
      } else {
        text += textOf(part.variable, style, request);
      }
    }
    texts.push(ownText(text));
    this.#texts = texts;
    this.#lateNames = late;
  }

  end(end: LoggedTunnelEnd, durationMs: number): string {
    let line = '';
    for (const [index, text] of this.#texts.entries()) {
      const name = this.#lateNames[index];
      line += name === undefined ? text : text + lateValue(name, end, durationMs);
    }
    return `${line}\n`;
  }
}

function lateValue(name: string, end: LoggedTunnelEnd, durationMs: number): string {
  switch (name) {
    case 'upstream_bytes_sent':
      return String(end.bytesToUpstream);
    case 'request_time':
    case 'upstream_response_time':
      return (durationMs / 1000).toFixed(3);
    default:
      return timeVariable(name) ?? String(end.bytesToClient);
  }
}

function timeVariable(name: string): string | undefined {
  switch (name) {
    case 'time_local':
      return localTime();
    case 'time_iso8601':
      return localIsoTime();
    case 'msec':
      return (Date.now() / 1000).toFixed(3);
    default:
      return undefined;
  }
}
