/**
 * Reads HTTP/1 as careless servers and clients do: whatever can be made sense of is, in one of the ways that are found in
 * the wild. It shares no code with the readers of this project, and refuses nothing: a gateway in front of it has to send
 * bytes that even it cannot understand in a second way.
 *
 * All text is one character a byte.
 */

/** Where careless readers differ from each other. */
export type Dialect = {
  /** Which Content-Length counts when there are several, in several fields or in one. */
  readonly length: 'first' | 'last';
  /** Whether `chunked` wins over a Content-Length beside it. */
  readonly codingWins: boolean;
  /** Whether a CR alone ends a line. */
  readonly bareCr: boolean;
  /** Whether a line that begins with a blank goes on with the field before it; else it is a field of its own. */
  readonly folds: boolean;
  /** What digits are taken for a length. */
  readonly number: (text: string) => number;
};

/** Two that agree with each other on as little as possible. */
export const dialects = {
  eager: {
    length: 'last',
    codingWins: true,
    bareCr: true,
    folds: false,
    number: (text) => Number.parseInt(text, 10),
  },
  lazy: {
    length: 'first',
    codingWins: false,
    bareCr: false,
    folds: true,
    // As strtol with base 0: 0x10 is 16.
    number: (text) => (/^[+-]?0x/i.test(text) ? Number.parseInt(text, 16) : Number(text)),
  },
} as const satisfies Record<string, Dialect>;

export type LenientHead = {
  readonly startLine: string;
  /** Names in lower case, without blanks and control characters. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Offset behind the empty line. */
  readonly end: number;
};

export type LenientMessage = LenientHead & {
  readonly body: string;
  /** Offset behind the body. */
  readonly end: number;
};

/** The head that `text` begins with, empty lines before it left out; undefined until it is complete. */
export function readHead(text: string, dialect: Dialect): LenientHead | undefined {
  const fields: [string, string][] = [];
  let startLine = '';
  for (let at = 0; ; ) {
    const line = lineAt(text, at, dialect);
    if (line === undefined) return undefined;
    at = line.end;
    if (line.text === '') {
      if (startLine === '') continue;
      return { startLine, fields, end: at };
    }
    const last = fields.at(-1);
    const colon = line.text.indexOf(':');
    if (startLine === '') startLine = line.text;
    else if (dialect.folds && last !== undefined && /^[ \t]/.test(line.text)) last[1] += line.text;
    else if (colon !== -1) {
      fields.push([cleanName(line.text.slice(0, colon)), clean(line.text.slice(colon + 1))]);
    }
  }
}

/** The request that `text` begins with; undefined until it is complete. */
export function readRequest(text: string, dialect: Dialect): LenientMessage | undefined {
  const head = readHead(text, dialect);
  if (head === undefined) return undefined;
  return withBody(text, head, dialect, { untilClose: false, ended: false });
}

/**
 * The response that `text` begins with; undefined until it is complete.
 *
 * @param method that it answers to
 * @param ended whether the connection has ended behind `text`, which ends bodies without a length
 */
export function readResponse(
  text: string,
  dialect: Dialect,
  method: string,
  ended: boolean,
): (LenientMessage & { status: number }) | undefined {
  const head = readHead(text, dialect);
  if (head === undefined) return undefined;
  const status = Number(/\d+/.exec(head.startLine.replace(/^\S*/, ''))?.[0] ?? 0);
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const message = bodiless
    ? { ...head, body: '' }
    : withBody(text, head, dialect, { untilClose: true, ended });
  return message && { ...message, status };
}

/** The values of a field. */
export function valuesOf(head: LenientHead, wanted: string): string[] {
  return head.fields.filter(([name]) => name === wanted).map(([, value]) => value);
}

function withBody(
  text: string,
  head: LenientHead,
  dialect: Dialect,
  { untilClose, ended }: { untilClose: boolean; ended: boolean },
): LenientMessage | undefined {
  const lengths = valuesOf(head, 'content-length')
    .flatMap((value) => value.split(','))
    .map((value) => dialect.number(value.trim()))
    .filter((length) => length >= 0);
  const length = dialect.length === 'first' ? lengths[0] : lengths.at(-1);
  const isChunked = valuesOf(head, 'transfer-encoding').some((value) => /chunked/i.test(value));
  if (isChunked && (dialect.codingWins || length === undefined)) {
    return chunkedBody(text, head, dialect);
  }
  if (length !== undefined) {
    const end = head.end + length;
    return text.length < end ? undefined : { ...head, body: text.slice(head.end, end), end };
  }
  if (!untilClose) return { ...head, body: '' };
  return ended ? { ...head, body: text.slice(head.end), end: text.length } : undefined;
}

function chunkedBody(
  text: string,
  head: LenientHead,
  dialect: Dialect,
): LenientMessage | undefined {
  let body = '';
  for (let at = head.end; ; ) {
    const line = lineAt(text, at, dialect);
    if (line === undefined) return undefined;
    // Whatever stands behind the digits; no digits at all are a zero.
    const size = Number.parseInt(line.text, 16) || 0;
    at = line.end;
    if (size <= 0) {
      const end = endOfTrailers(text, at, dialect);
      return end === undefined ? undefined : { ...head, body, end };
    }
    if (text.length < at + size + 2) return undefined;
    body += text.slice(at, at + size);
    at += size;
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
  }
}

function endOfTrailers(text: string, start: number, dialect: Dialect): number | undefined {
  for (let at = start; ; ) {
    const line = lineAt(text, at, dialect);
    if (line === undefined) return undefined;
    at = line.end;
    if (line.text === '') return at;
  }
}

/** The line at an offset without its ending, and the offset behind that. */
function lineAt(
  text: string,
  start: number,
  { bareCr }: Dialect,
): { text: string; end: number } | undefined {
  const lf = text.indexOf('\n', start);
  const cr = bareCr ? text.indexOf('\r', start) : -1;
  // A CR at the very end may be the first half of CRLF.
  if (cr !== -1 && cr + 1 < text.length && (lf === -1 || cr < lf - 1)) {
    return { text: text.slice(start, cr), end: cr + 1 };
  }
  if (lf === -1) return undefined;
  return { text: text.slice(start, lf).replace(/\r+$/, ''), end: lf + 1 };
}

function cleanName(name: string): string {
  return [...name]
    .filter((character) => character > ' ' && character !== '\x7f')
    .join('')
    .toLowerCase();
}

/** Blanks and control characters around a value do not count. */
function clean(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && value.charCodeAt(start) <= 0x20) start++;
  while (end > start && value.charCodeAt(end - 1) <= 0x20) end--;
  return value.slice(start, end);
}
