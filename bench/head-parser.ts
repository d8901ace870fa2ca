/**
 * Request heads a second: the gateway's reader against the parser that node:http uses, on the same bytes.
 *
 *   node bench/head-parser.ts [--json]
 *
 * node's parser (llhttp in C++) is set up as node's own server does it and hands its array of names and values to a
 * callback that keeps nothing; no IncomingMessage is made of it. Ours delivers a whole `RequestHead`: fields with
 * their numbers, framing, host, keep-alive and upgrade decided. Rounds of the two alternate within one process, the
 * median of each counts, and both are first made to agree on every head. Takes about ten seconds.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type RequestHead, RequestHeadReader } from '../src/http1/head.ts';

/** One head a buffer, as one read of a socket would bring it. */
type Case = { readonly name: string; readonly heads: readonly Buffer[] };

/** A way to read heads; returns how many it read. */
type Contestant = { readonly name: string; run(heads: readonly (readonly Buffer[])[]): number };

/** Heads of a case differ in path and cookies, so that nothing can be remembered from the one before. */
const variants = 64;
const warmUpMs = 250;
const roundMs = 60;
const rounds = 11;

const curl = (i: number) =>
  [
    `GET /api/v1/items/${i * 7919} HTTP/1.1`,
    'Host: sweet.example.com',
    'User-Agent: curl/7.88.1',
    'Accept: */*',
  ].join('\r\n');

const browser = (i: number) =>
  [
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
  ].join('\r\n');

const webSocket = (i: number) =>
  [
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
  ].join('\r\n');

function caseOf(name: string, head: (i: number) => string): Case {
  return {
    name,
    heads: Array.from({ length: variants }, (_, i) =>
      Buffer.from(`${head(i + 1)}\r\n\r\n`, 'latin1'),
    ),
  };
}

const cases = [
  caseOf('curl GET, 3 fields', curl),
  caseOf('browser GET, 15 fields', browser),
  caseOf('WebSocket, 13 fields', webSocket),
];

/** Keeps the work from being optimised away. */
let seen = 0;

const ours: Contestant & { head: RequestHead | undefined } = {
  name: 'hatchway',
  head: undefined,
  run(heads) {
    for (const chunks of heads) {
      for (const chunk of chunks) this.head = reader.push(chunk);
      seen += this.head?.fields.count ?? 0;
    }
    return heads.length;
  },
};
const reader = new RequestHeadReader({ headBytes: 32 * 1024, headFields: 200 });

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
nodeParser[HTTPParser.kOnHeadersComplete] = (
  _major: number,
  _minor: number,
  fields: string[],
  _method: number,
  target: string,
) => {
  theirs.fields = fields;
  theirs.target = target;
  return 0;
};

const theirs: Contestant & { fields: string[]; target: string } = {
  name: 'node:http',
  fields: [],
  target: '',
  run(heads) {
    for (const chunks of heads) {
      for (const chunk of chunks) nodeParser.execute(chunk);
      seen += this.fields.length;
    }
    return heads.length;
  },
};

/** Heads a second over about `forMs`. */
function rate(
  contestant: Contestant,
  heads: readonly (readonly Buffer[])[],
  forMs: number,
): number {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < forMs) {
    count += contestant.run(heads);
    elapsed = performance.now() - start;
  }
  return (count / elapsed) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

type Row = {
  readonly case: string;
  readonly bytes: number;
  readonly hatchway: number;
  readonly node: number;
  readonly ratio: number;
};

function measure(name: string, heads: readonly (readonly Buffer[])[]): Row {
  for (const chunks of heads) {
    ours.run([chunks]);
    theirs.run([chunks]);
    assert.deepEqual(ours.head?.fields.flat, theirs.fields);
    assert.equal(ours.head?.target, theirs.target);
  }
  const contestants = [ours, theirs];
  for (const contestant of contestants) rate(contestant, heads, warmUpMs);
  const rates = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      rates[i]?.push(rate(contestant, heads, roundMs));
    }
  }
  const [hatchway, node] = rates.map(median) as [number, number];
  const bytes = heads.flat().reduce((sum, chunk) => sum + chunk.length, 0) / heads.length;
  return { case: name, bytes: Math.round(bytes), hatchway, node, ratio: hatchway / node };
}

const rows: Row[] = [];
for (const { name, heads } of cases) {
  rows.push(
    measure(
      name,
      heads.map((head) => [head]),
    ),
  );
}
for (const { name, heads } of cases) {
  const split = (head: Buffer) => [
    head.subarray(0, head.length >> 1),
    head.subarray(head.length >> 1),
  ];
  rows.push(measure(`${name}, in two chunks`, heads.map(split)));
}
assert.ok(seen > 0);

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({ bench: 'head-parser', unit: 'heads/s', node: process.version, rows }),
  );
} else {
  const perSecond = (value: number) => Math.round(value).toLocaleString('en').padStart(11);
  console.log(
    `Request heads a second, one core, Node ${process.version}, median of ${rounds} rounds`,
  );
  console.log(`${'case'.padEnd(38)} bytes   hatchway   node:http  ratio`);
  for (const row of rows) {
    console.log(
      `${row.case.padEnd(38)} ${String(row.bytes).padStart(5)}${perSecond(row.hatchway)} ${perSecond(row.node)}  ${row.ratio.toFixed(2)}×`,
    );
  }
}
