/** Answers that a configuration gives without asking anybody: redirects and texts. */
import { STATUS_CODES } from 'node:http';
import { checkedFieldLine } from '../http1/head-writer.ts';

export type FixedAnswerOptions = {
  readonly status: number;
  readonly location: string | undefined;
  /** One character a byte. */
  readonly body: string;
  /** Default `text/plain`. An empty one is not told. */
  readonly type: string | undefined;
  readonly isHead: boolean;
  readonly keepAlive: boolean;
  /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
  readonly http10: boolean;
  /** Further fields, CRLF after each. */
  readonly lines: string;
};

/** Head and body, one character a byte. Throws `HW_HTTP_WRITE` for a redirect that is no field value. */
export function fixedAnswer(options: FixedAnswerOptions): {
  readonly text: string;
  readonly bodyBytes: number;
} {
  const { status, location, type = 'text/plain', keepAlive, http10, lines } = options;
  // RFC 9110, 15: these never have a body.
  const mayHaveBody = status !== 204 && status !== 304;
  const body = mayHaveBody ? options.body : '';
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`;
  if (location !== undefined) text += checkedFieldLine('Location', location);
  else if (mayHaveBody && type !== '') text += checkedFieldLine('Content-Type', type);
  if (mayHaveBody) text += `Content-Length: ${body.length}\r\n`;
  if (!keepAlive) text += 'Connection: close\r\n';
  else if (http10) text += 'Connection: keep-alive\r\n';
  text += `${lines}\r\n`;
  return options.isHead ? { text, bodyBytes: 0 } : { text: text + body, bodyBytes: body.length };
}
