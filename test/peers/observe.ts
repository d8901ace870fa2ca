/** What a client sees of an answer, as lines that can be compared: without what differs between any two proxies. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Ask } from './peer-case.ts';

/** Fields that say nothing of what was configured: time, program, framing, the proxy's own page. */
const notCompared = new Set([
  'date',
  'server',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'x-request-id',
]);

/** Of a page that the proxy made up itself, only the status is compared. */
const ownPageFields = new Set(['content-type', 'cache-control']);

/** Longer than any answer of these servers takes. */
const patientMs = 10_000;

/** Where the two servers listen. */
export type Place = {
  readonly folder: string;
  readonly ports: Readonly<Record<'LISTEN' | 'TLS' | 'PORT', number>>;
};

/** The whole answer to one request, everything the server sent until it closed. */
export async function send(ask: Ask, host: string, place: Place): Promise<string> {
  const { line, headers = [], body = '', raw } = ask;
  const text =
    raw?.replaceAll('HOST', host) ??
    `${line} HTTP/1.1\r\nHost: ${ask.host ?? host}\r\nConnection: close\r\n${headers
      .map((header) => `${header}\r\n`)
      .join('')}\r\n${body}`;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = open(ask, ask.host ?? host, place);
  let answer = '';
  socket.setEncoding('latin1');
  socket.setTimeout(patientMs, () => socket.destroy(new Error(`no answer to ${line}`)));
  socket.on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // A server that has refused a body may reset what still comes of it; a refused handshake ends in many words.
    const isRefusal = ['ECONNRESET', 'EPIPE', 'EPROTO'].includes(error.code ?? '');
    if (isRefusal || error.code?.startsWith('ERR_SSL_') === true) resolve(answer);
    else reject(error);
  });
  socket.on('close', () => resolve(answer));
  socket.write(text, 'latin1');
  return await promise;
}

function open({ from, at = '127.0.0.1', to, tls }: Ask, host: string, place: Place): Socket {
  const port = place.ports[to ?? (tls === undefined ? 'LISTEN' : 'TLS')];
  if (tls === undefined)
    return connect({ host: at, port, ...(from === undefined ? {} : { localAddress: from }) });
  const { name = host, shows, maxVersion } = tls;
  const read = (file: string) => readFileSync(join(place.folder, file));
  return connectTls({
    host: at,
    port,
    rejectUnauthorized: false,
    ...(name === null ? {} : { servername: name }),
    ...(shows === undefined ? {} : { cert: read(`${shows}.pem`), key: read(`${shows}.key`) }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
}

/** Status, fields in order of their names, body; of each answer, when there are several. */
export function observe(text: string): string {
  if (text === '') return 'closed without an answer';
  // Parts of a file have a number between them that is another one each time.
  const answers = text.replace(/(?<=boundary=|--)\d{20}/g, 'boundary');
  const end = answers.indexOf('\r\n\r\n');
  const [, length] = /\r\nContent-Length: (\d+)/i.exec(answers.slice(0, end)) ?? [];
  const next = length === undefined ? -1 : answers.indexOf('HTTP/1.1 ', end + 4 + Number(length));
  if (next === -1) return observeOne(answers);
  return `${observeOne(answers.slice(0, next))}\n\n${observe(answers.slice(next))}`;
}

function observeOne(answer: string): string {
  const end = answer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = answer.slice(0, end).split('\r\n');
  const status = statusLine.split(' ')[1] ?? '';
  const body = decode(answer.slice(end + 4), lines);
  const isOwnPage = isPageOfProxy(body, lines);
  const fields = lines
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    })
    .filter(([name]) => !notCompared.has(name) && !(isOwnPage && ownPageFields.has(name)))
    .map(([name, value]) => `${name}: ${name === 'expires' ? fromDate(value, lines) : value}`)
    .sort();
  return [status, ...fields, '', isOwnPage ? '(page of the proxy)' : body].join('\n');
}

/** How long after the answer, within the second that the two may differ by; fixed times as they are. */
function fromDate(expires: string, lines: readonly string[]): string {
  const date = lines.find((line) => /^date:/i.test(line))?.slice('date:'.length);
  const from = date === undefined ? Date.now() : Date.parse(date);
  const seconds = (Date.parse(expires) - from) / 1000;
  const isNear = Math.abs(seconds) < 400 * 86_400;
  return isNear ? `${Math.round(seconds / 10) * 10} s after Date` : expires;
}

/** nginx's pages and the gateway's are known by what only they write; a redirect of either may have no body at all. */
function isPageOfProxy(body: string, lines: readonly string[]): boolean {
  if (/^<html>\r\n<head><title>\d{3}/.test(body) || /\bHW_[A-Z_]+\b/.test(body)) return true;
  return body === '' && lines.some((line) => /^location:/i.test(line));
}

function decode(body: string, lines: readonly string[]): string {
  if (!lines.some((line) => /^transfer-encoding: chunked$/i.test(line))) return body;
  let rest = body;
  let decoded = '';
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) return decoded;
    decoded += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}
