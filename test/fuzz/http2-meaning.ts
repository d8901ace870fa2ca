/**
 * What a stream of HTTP/2 means by RFC 9113 and RFC 8441, worked out from what was sent and by no code of the gateway. Where
 * the gateway is free to refuse, it says so.
 */
import { authority, type StreamPlan } from './http2-requests.ts';

export type Meaning = {
  /** Whether an upstream has to get this request (when nothing else ends the connection), may get it, or must never. */
  readonly reaches: 'must' | 'may' | 'never';
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly isWebSocket: boolean;
};

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What nghttp2 takes for a value, and leaves a field out without. Blanks around it are another matter. */
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

const connectionFields = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

const pseudoNames = [':method', ':scheme', ':authority', ':path', ':protocol'];

export function meaningOf({ fields, data, trailers, end }: StreamPlan): Meaning {
  const pseudo = new Map<string, string>();
  const regular: (readonly [string, string])[] = [];
  let isNever = false;
  let isMay = end !== 'ended' || trailers !== undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const [name, text] = [fields[i] as string, fields[i + 1] as string];
    if (name.startsWith(':')) {
      if (!pseudoNames.includes(name) || pseudo.has(name) || regular.length > 0) isNever = true;
      if (!value.test(text)) isNever = true;
      pseudo.set(name, text);
    } else if (token.test(name) && name !== name.toLowerCase()) isNever = true;
    else if (!token.test(name) || !value.test(text)) isMay = true;
    else regular.push([name, text]);
  }
  const valuesOf = (wanted: string) =>
    regular.filter(([name]) => name === wanted).map(([, text]) => text);
  const method = pseudo.get(':method') ?? '';
  const path = pseudo.get(':path') ?? '';
  const protocol = pseudo.get(':protocol');
  const host = pseudo.get(':authority') ?? valuesOf('host')[0] ?? '';
  if (!token.test(method)) isNever = true;
  if (method === 'CONNECT' && protocol !== 'websocket') isNever = true;
  if (method !== 'CONNECT' && protocol !== undefined) isNever = true;
  if (!['http', 'https'].includes(pseudo.get(':scheme') ?? '')) isNever = true;
  if (!/^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/.test(path)) isNever = true;
  if (path === '*' && method !== 'OPTIONS') isNever = true;
  if (!/^[\w.:[\]-]+$/.test(host)) isNever = true;
  const hosts = valuesOf('host');
  if (hosts.length > 1 || hosts.some((one) => one.toLowerCase() !== host.toLowerCase()))
    isNever = true;
  if (regular.some(([name]) => connectionFields.includes(name))) isNever = true;
  if (regular.some(([, text]) => /^[ \t]|[ \t]$/.test(text))) isNever = true;
  if (valuesOf('te').some((one) => one !== 'trailers')) isNever = true;
  const lengths = valuesOf('content-length');
  if (lengths.length > 1 || lengths.some((one) => !/^\d{1,16}$/.test(one))) isNever = true;
  const sent = data.join('');
  const length = lengths[0] === undefined ? undefined : Number(lengths[0]);
  // Too little is never a whole request. Of too much, what was announced may have been on its way already.
  if (length !== undefined && length > sent.length) isNever = true;
  if (length !== undefined && length < sent.length) isMay = true;
  // Without a length, only the end of the stream ends a body.
  if (length === undefined && end !== 'ended') isNever = end === 'open' || isNever;
  if (host !== authority || /[^\w/.?=&;:-]/.test(path) || /\/\/|\.\./.test(path)) isMay = true;
  const isWebSocket = protocol !== undefined;
  if (isWebSocket || !['GET', 'POST', 'PUT', 'HEAD', 'DELETE'].includes(method)) isMay = true;
  return {
    reaches: isNever ? 'never' : isMay ? 'may' : 'must',
    method: isWebSocket ? 'GET' : method,
    target: path,
    body: isWebSocket ? '' : sent.slice(0, length),
    isWebSocket,
  };
}

/** Whether it announces less than it sends, for which nghttp2 ends the whole connection. */
export function sendsTooMuch({ fields, data }: StreamPlan): boolean {
  const lengths = fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === 'content-length');
  return lengths.some((text) => !(Number(text) >= data.join('').length));
}
