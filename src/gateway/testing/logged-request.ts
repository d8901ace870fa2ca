/** A request as logs see it, made by hand. */
import { Fields } from '../../http1/fields.ts';
import type { LoggedAnswer, LoggedClient, LoggedRequest } from '../access-entry.ts';

export type LoggedRequestOptions = {
  readonly method?: string;
  readonly target?: string;
  readonly minor?: 0 | 1;
  readonly host?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly client?: Partial<LoggedClient>;
  readonly user?: string;
  readonly startedAt?: number;
  readonly answer?: Partial<LoggedAnswer>;
  readonly variables?: Readonly<Record<string, string>>;
};

export function loggedRequest(options: LoggedRequestOptions = {}): LoggedRequest {
  const fields = Fields.of(Object.entries(options.fields ?? {}).flat());
  const { variables = {} } = options;
  return {
    client: { accepted: { remoteAddress: '192.0.2.1', ...options.client } },
    head: {
      method: options.method ?? 'GET',
      sentTarget: options.target ?? '/a?b=c',
      minor: options.minor ?? 1,
      host: options.host ?? 'a.example',
      fields,
    },
    site: { name: 'a.example' },
    remoteAddress: '192.0.2.1',
    user: options.user,
    requestId: '0123456789abcdef',
    startedAt: options.startedAt ?? Date.now(),
    answer: {
      status: 200,
      bodyBytesSent: 12,
      upstreamAddress: undefined,
      upstreamStatus: undefined,
      upstreamMs: undefined,
      ...options.answer,
    },
    variable: (name) => variables[name],
  };
}
