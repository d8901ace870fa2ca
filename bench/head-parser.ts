/**
 * Request heads a second: the gateway's reader against the parser that node:http uses, on the same bytes.
 *
 *   node bench/head-parser.ts [--json]
 *
 * node's parser (llhttp in C++) is set up as node's own server does it, and hands its array of names and values to a
 * callback that keeps nothing; no IncomingMessage is made of it. Ours makes a whole `RequestHead`, with framing, host,
 * keep-alive and upgrade decided, and is measured twice: with the same array of strings (the ratio), and without, as
 * the gateway uses it when it passes a request on. Short rounds alternate within one process, seconds are those of CPU
 * time, garbage collection included, and medians count: so other programs disturb little. The two parsers are first
 * made to agree on every head. Takes about ten seconds.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type RequestHead, RequestHeadReader } from '../src/http1/head.ts';

/** Chunks of one head, as reads of a socket would bring them. */
type Chunks = readonly Buffer[];

const limits = { headBytes: 32 * 1024, headFields: 200 };
/** Heads of a case differ in path and cookies, so that no string is ever met twice in a row. */
const variants = 64;
const warmUpMs = 200;
const roundMs = 16;
const rounds = 31;

const curl = (i: number) => [
  `GET /api/v1/items/${i * 7919} HTTP/1.1`,
  'Host: sweet.example.com',
  'User-Agent: curl/7.88.1',
  'Accept: */*',
];

const browser = (i: number) => [
  `GET /portainer/api/endpoints/${i}/docker/containers/json?all=1&filters=%7B%22label%22%3A%5B%22n${i}%22%5D%7D HTTP/1.1`,
  'Host: sweet.example.com:9443',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="126", "Not.A/Brand";v="24", "Google Chrome";v="126"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: https://sweet.example.com:9443/portainer/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  `Cookie: portainer_api_key=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${'c2Vzc2lvbi1wYXlsb2Fk'.repeat(6)}.${i}; theme=dark; _ga=GA1.1.1${i}.17; seen=${i}`,
  `If-None-Match: W/"${(i * 65_537).toString(16)}"`,
];

const webSocket = (i: number) => [
  `GET /api/websocket/exec?endpointId=2&id=${'9f86d081884c7d65'.repeat(4)}&n=${i} HTTP/1.1`,
  'Host: sweet.example.com:9443',
  'Connection: Upgrade',
  'Pragma: no-cache',
  'Cache-Control: no-cache',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Upgrade: websocket',
  'Origin: https://sweet.example.com:9443',
  'Sec-WebSocket-Version: 13',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  `Cookie: portainer_api_key=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${i}`,
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
];

/** One connection's heads, each in one chunk. */
function headsOf(...kinds: ((i: number) => string[])[]): Chunks[] {
  return Array.from({ length: variants }, (_, i) => {
    const lines = (kinds[i % kinds.length] as (i: number) => string[])(i + 1);
    return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')];
  });
}

/** The same heads, each in two chunks. */
function split(heads: readonly Chunks[]): Chunks[] {
  return heads.map(([head]) => {
    const bytes = head as Buffer;
    return [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  });
}

const cases: Readonly<Record<string, Chunks[]>> = {
  'curl GET, 3 fields': headsOf(curl),
  'browser GET, 15 fields': headsOf(browser),
  'WebSocket, 13 fields': headsOf(webSocket),
  'the three in turns': headsOf(curl, browser, webSocket),
  'browser GET in two chunks': split(headsOf(browser)),
};

/** Keeps the work from being optimised away. */
let seen = 0;

const reader = new RequestHeadReader(limits);
let ours: RequestHead | undefined;

function readHeads(heads: readonly Chunks[]): void {
  for (const chunks of heads) {
    for (const chunk of chunks) ours = reader.push(chunk);
    seen += ours?.fields.count ?? 0;
  }
}

function readHeadsAndStrings(heads: readonly Chunks[]): void {
  for (const chunks of heads) {
    for (const chunk of chunks) ours = reader.push(chunk);
    seen += ours?.fields.flat.length ?? 0;
  }
}

/** What of node's own parser is used here; it is not part of its public interface. */
type NodeParser = {
  initialize(type: number, resource: object): void;
  execute(chunk: Buffer): number | Error;
  [callback: number]: unknown;
};
type NodeParserClass = {
  new (): NodeParser;
  readonly REQUEST: number;
  readonly kOnHeadersComplete: number;
};
const { HTTPParser } = createRequire(import.meta.url)('node:_http_common') as {
  HTTPParser: NodeParserClass;
};

const nodeParser = new HTTPParser();
nodeParser.initialize(HTTPParser.REQUEST, {});
let theirs: { fields: string[]; target: string } = { fields: [], target: '' };
nodeParser[HTTPParser.kOnHeadersComplete] = (
  _major: number,
  _minor: number,
  fields: string[],
  _method: number,
  target: string,
) => {
  theirs = { fields, target };
  return 0;
};

function readWithNode(heads: readonly Chunks[]): void {
  for (const chunks of heads) {
    for (const chunk of chunks) nodeParser.execute(chunk);
    seen += theirs.fields.length;
  }
}

/** Heads a second of CPU time, over about `forMs`. */
function rate(
  read: (heads: readonly Chunks[]) => void,
  heads: readonly Chunks[],
  forMs: number,
): number {
  const start = process.cpuUsage();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < forMs) {
    for (let i = 0; i < 16; i++) read(heads);
    count += 16 * heads.length;
    const { user, system } = process.cpuUsage(start);
    elapsedMs = (user + system) / 1000;
  }
  return (count / elapsedMs) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

type Row = {
  readonly case: string;
  /** Mean length of a head. */
  readonly bytes: number;
  /** Heads a second of CPU time. */
  readonly node: number;
  readonly hatchway: number;
  readonly hatchwayWithoutStrings: number;
  /** Of `hatchway` to `node`, the same strings from both; the median of the rounds' ratios. */
  readonly ratio: number;
};

function measure(name: string, heads: readonly Chunks[]): Row {
  for (const chunks of heads) {
    readHeadsAndStrings([chunks]);
    readWithNode([chunks]);
    assert.deepEqual(ours?.fields.flat, theirs.fields);
    assert.equal(ours?.target, theirs.target);
  }
  const contestants = [readWithNode, readHeadsAndStrings, readHeads];
  for (const contestant of contestants) rate(contestant, heads, warmUpMs);
  const rates = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      rates[i]?.push(rate(contestant, heads, roundMs));
    }
  }
  const [node, hatchway, hatchwayWithoutStrings] = rates.map(median) as [number, number, number];
  const ratio = median((rates[1] as number[]).map((ours, i) => ours / (rates[0]?.[i] as number)));
  const bytes = heads.flat().reduce((sum, chunk) => sum + chunk.length, 0) / heads.length;
  return {
    case: name,
    bytes: Math.round(bytes),
    node: Math.round(node),
    hatchway: Math.round(hatchway),
    hatchwayWithoutStrings: Math.round(hatchwayWithoutStrings),
    ratio: Math.round(ratio * 100) / 100,
  };
}

const rows = Object.entries(cases).map(([name, heads]) => measure(name, heads));
assert.ok(seen > 0);

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({
      bench: 'head-parser',
      unit: 'heads per second of CPU time',
      node: process.version,
      rows,
    }),
  );
} else {
  const column = (text: string | number) => text.toLocaleString('en').padStart(12);
  console.log(
    `Request heads per second of CPU time, Node ${process.version}, median of ${rounds} rounds`,
  );
  console.log(
    `${''.padEnd(26)} bytes${column('node:http')}${column('hatchway')}  ratio${column('no strings')}`,
  );
  for (const row of rows) {
    const { bytes, node, hatchway, hatchwayWithoutStrings, ratio } = row;
    console.log(
      `${row.case.padEnd(26)} ${String(bytes).padStart(5)}${column(node)}${column(hatchway)}  ${ratio.toFixed(2)}×${column(hatchwayWithoutStrings)}`,
    );
  }
}
