/**
 * The PROXY protocol, versions 1 and 2: the header with which a proxy says whose connection it is about to pass on.
 * Reads it from bytes in any split and tells where it ends. Knows no sockets and no trust.
 *
 * Source: HAProxy's doc/proxy-protocol.txt, sections 2.1 and 2.2.
 */
import type { ProxyProtocolFacts } from '../accepted-socket.ts';
import { gatewayError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import { canonicalIp, ipText, ipv6Of } from './ip-address.ts';

export type ProxyProtocolHeader = {
  readonly facts: ProxyProtocolFacts;
  /** What follows the header: the connection's own first bytes. */
  readonly rest: Buffer;
};

const signatureV1 = Buffer.from('PROXY ', 'latin1');
const signatureV2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** The longest line of version 1, with its CRLF (2.1). */
const longestV1 = 107;

/** Signature, version and command, family, length. */
const prefixV2 = 16;

/** The longest header of version 2 that is taken, as nginx's; its length field allows 64 KiB. Real ones have below 600. */
const longestV2 = 4096;

/** The type of the TLV with a checksum over the whole header, in which the checksum itself is zero (2.2.3). */
const crc32cType = 0x03;

const noFacts: ProxyProtocolFacts = {
  sourceAddress: undefined,
  sourcePort: undefined,
  destinationAddress: undefined,
  destinationPort: undefined,
};

/** For one connection: give it bytes until it has found the header. */
export class ProxyProtocolReader {
  #bytes: Buffer | undefined;

  /** Undefined: more bytes are needed. Throws `HW_PROXY_PROTOCOL` as soon as they cannot become a header. */
  push(chunk: Buffer): ProxyProtocolHeader | undefined {
    this.#bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    const bytes = this.#bytes;
    if (bytes.length === 0) return undefined;
    return bytes[0] === signatureV1[0] ? readV1(bytes) : readV2(bytes);
  }
}

function readV1(bytes: Buffer): ProxyProtocolHeader | undefined {
  expectStart(bytes, signatureV1);
  const lineFeed = bytes.subarray(0, longestV1).indexOf('\n');
  if (lineFeed === -1) {
    if (bytes.length >= longestV1) throw broken(`its line is longer than ${longestV1} bytes`);
    return undefined;
  }
  const line = bytes.toString('latin1', signatureV1.length, lineFeed);
  if (!line.endsWith('\r')) throw broken('its line does not end with CRLF');
  return { facts: factsV1(line.slice(0, -1)), rest: bytes.subarray(lineFeed + 1) };
}

function factsV1(text: string): ProxyProtocolFacts {
  // A proxy's own health check; what follows the word must not be looked at.
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return noFacts;
  const [family, source = '', destination = '', sourcePort = '', destinationPort = '', more] =
    text.split(' ');
  if (family !== 'TCP4' && family !== 'TCP6')
    throw broken('its family is neither TCP4, TCP6 nor UNKNOWN');
  if (more !== undefined) throw broken('it has more than two addresses and two ports');
  return {
    sourceAddress: addressV1(source, family),
    sourcePort: portV1(sourcePort),
    destinationAddress: addressV1(destination, family),
    destinationPort: portV1(destinationPort),
  };
}

function addressV1(text: string, family: 'TCP4' | 'TCP6'): string {
  const address = text.includes(':') === (family === 'TCP6') ? canonicalIp(text) : undefined;
  if (address === undefined) throw broken(`an address in it is none of ${family}`);
  return address;
}

function portV1(text: string): number {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw broken('a port in it is no number from 0 to 65535');
  return port;
}

function readV2(bytes: Buffer): ProxyProtocolHeader | undefined {
  expectStart(bytes, signatureV2);
  if (bytes.length < prefixV2) return undefined;
  const version = bytes.readUInt8(12) >> 4;
  const command = bytes.readUInt8(12) & 15;
  if (version !== 2) throw broken(`its version is ${version}`);
  if (command > 1) throw broken(`its command is ${command}, neither LOCAL nor PROXY`);
  const end = prefixV2 + bytes.readUInt16BE(14);
  if (end > longestV2) throw broken(`it is longer than ${longestV2} bytes`);
  if (bytes.length < end) return undefined;
  const header = bytes.subarray(0, end);
  // LOCAL: the proxy speaks for itself, and what else it says does not count.
  const facts = command === 0 ? noFacts : factsV2(header);
  return { facts, rest: bytes.subarray(end) };
}

/** Bytes of both addresses and both ports, by the address family. */
const addressBytes: Readonly<Record<number, number>> = { 1: 12, 2: 36, 3: 216 };

function factsV2(header: Buffer): ProxyProtocolFacts {
  const family = header.readUInt8(13) >> 4;
  const transport = header.readUInt8(13) & 15;
  // Of an unknown family, nobody knows what the rest is.
  if (family === 0) return noFacts;
  const length = addressBytes[family];
  if (length === undefined || transport > 2) {
    throw broken(`its family is 0x${header.toString('hex', 13, 14)}`);
  }
  const body = header.subarray(prefixV2);
  if (body.length < length) throw broken('it is too short for its addresses');
  checkExtensions(header, prefixV2 + length);
  // Datagrams are no connection, so their addresses are nobody's here.
  if (transport !== 1) return noFacts;
  // Which socket file it is says nothing about the client.
  if (family === 3) return { ...noFacts, sourceAddress: 'unix:', destinationAddress: 'unix:' };
  const size = family === 1 ? 4 : 16;
  return {
    sourceAddress: addressAt(body, 0, size),
    sourcePort: body.readUInt16BE(2 * size),
    destinationAddress: addressAt(body, size, size),
    destinationPort: body.readUInt16BE(2 * size + 2),
  };
}

function addressAt(body: Buffer, at: number, size: number): string {
  if (size === 4) return ipText({ version: 4, bits: body.readUInt32BE(at) });
  return ipText(ipv6Of([0, 4, 8, 12].map((offset) => body.readUInt32BE(at + offset))));
}

/** Type, length, value, one after the other up to the end (2.2); none of them matters but the checksum. */
function checkExtensions(header: Buffer, start: number): void {
  let at = start;
  while (at < header.length) {
    const valueAt = at + 3;
    const next =
      valueAt <= header.length ? valueAt + header.readUInt16BE(at + 1) : Number.POSITIVE_INFINITY;
    if (next > header.length) throw broken('an extension in it is longer than the header');
    if (header[at] === crc32cType) checkChecksum(header, valueAt, next);
    at = next;
  }
}

function checkChecksum(header: Buffer, start: number, end: number): void {
  if (end - start !== 4) throw broken('its checksum has not 4 bytes');
  const zeroed = Buffer.from(header).fill(0, start, end);
  if (crc32c(zeroed) !== header.readUInt32BE(start)) throw broken('its checksum is wrong');
}

function expectStart(bytes: Buffer, signature: Buffer): void {
  const length = Math.min(bytes.length, signature.length);
  if (bytes.compare(signature, 0, length, 0, length) !== 0) throw broken('it is missing');
}

function broken(reason: string): Error {
  return gatewayError('HW_PROXY_PROTOCOL', `the PROXY protocol header of a connection: ${reason}`);
}
