/**
 * The head of an HTTP/1.1 response as the fields of an HTTP/2 one: names in lower case, and nothing about a connection
 * that HTTP/2 does not have. Knows nothing of streams.
 *
 * Source: RFC 9113, 8.2.2 and 8.3.2; RFC 8441, 5.
 */
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Fields } from '../../http1/fields.ts';
import type { ResponseHead } from '../../http1/head.ts';

/** As text, because Node wants the status of a head among its fields. */
const statusName = ':status';

const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'http2-settings',
  'transfer-encoding',
  'upgrade',
]);

/** HTTP/2 in Node has no statuses above it; RFC 9110, 15 has clients read them as 500. */
const lastStatus = 599;

/** Nobody has sent the key that it answers. */
const acceptName = 'sec-websocket-accept';

/** A 101 becomes the 200 of an extended CONNECT. */
export function http2Response(head: ResponseHead): OutgoingHttpHeaders {
  const { status, fields } = head;
  const isSwitch = status === 101;
  const sent = empty();
  sent[statusName] = isSwitch ? 200 : status > lastStatus ? 500 : status;
  addFields(sent, fields, isSwitch);
  return sent;
}

/** Fields behind a body. */
export function http2Trailers(fields: Fields): OutgoingHttpHeaders {
  const sent = empty();
  addFields(sent, fields, false);
  return sent;
}

function addFields(sent: OutgoingHttpHeaders, fields: Fields, isSwitch: boolean): void {
  const { flat } = fields;
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase();
    const value = flat[i + 1] as string;
    if (connectionFields.has(name) || (isSwitch && name === acceptName)) continue;
    const before = sent[name];
    if (before === undefined) sent[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else sent[name] = [String(before), value];
  }
}

/** Without a prototype: `__proto__` is a valid name of a field. */
function empty(): OutgoingHttpHeaders {
  return Object.create(null) as OutgoingHttpHeaders;
}
