/**
 * Connections of HTTP/2 as a client that wants to be understood in two ways would have them: streams whose fields say too
 * little, too much or something else twice, bodies that disagree with them, and streams and connections that are broken off
 * in between.
 */
import fc from 'fast-check';
import { canaryPath } from './smuggling-requests.ts';
import { tunnelPath } from './witnesses.ts';

/** What is sent on one stream. Text is one character a byte. */
export type StreamPlan = {
  /** Names and values, pseudo-fields where they were put. */
  readonly fields: readonly string[];
  /** One DATA frame each. */
  readonly data: readonly string[];
  readonly trailers: readonly string[] | undefined;
  /** `reset` and `open` streams are never ended; `open` ones wait for what the gateway does. */
  readonly end: 'ended' | 'reset' | 'open';
};

export type ConnectionPlan = {
  readonly streams: readonly StreamPlan[];
  /** Whose frame is next, among the streams that have begun and the one after them. */
  readonly order: readonly number[];
  /** Behind which frame the client says GOAWAY. */
  readonly goaway: number | undefined;
  /** Offsets at which what is sent is cut, heads into CONTINUATION frames and all of it into writes. */
  readonly headCuts: readonly number[];
  readonly cuts: readonly number[];
};

export const authority = 'a.example';

const canary = `GET ${canaryPath} HTTP/1.1\r\nHost: smuggled.example\r\n\r\n`;

/** Fields that are fine. */
const sound: readonly (readonly [string, string])[] = [
  ['x-a', 'b'],
  ['x-empty', ''],
  ['x-high', '\xff\x80'],
  ['cookie', 'a=b'],
  ['cookie', 'c=d; e=f'],
  ['te', 'trailers'],
  ['host', authority],
  ['expect', '100-continue'],
  ['via', '1.1 elsewhere'],
  ['range', 'bytes=0-3'],
  ['content-encoding', 'chunked'],
  ['transfer_encoding', 'chunked'],
  ['x-forwarded-for', '9.9.9.9'],
  ['x_forwarded_for', '9.9.9.9'],
  ['forwarded', 'for=9.9.9.9'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** Fields that make a request malformed. */
const malformed: readonly (readonly [string, string])[] = [
  ['Upper-Case', 'x'],
  ['Content-Length', '3'],
  ['Transfer-Encoding', 'chunked'],
  ['connection', 'close'],
  ['connection', 'content-length'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'keep-alive'],
  ['transfer-encoding', 'chunked'],
  ['transfer-encoding', 'identity'],
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['te', 'gzip'],
  ['te', 'trailers, chunked'],
  ['x-blank', ' a'],
  ['x-blank', 'a\t'],
  ['host', 'b.example'],
  ['host', `${authority}:81`],
  ['host', ''],
  ['content-length', '+3'],
  ['content-length', '3, 3'],
  ['content-length', '0x3'],
  ['content-length', '-1'],
  ['content-length', '99999999999999999999'],
  ['content-length', ''],
];

/** The same, but Node leaves them out: the request goes on without. */
const leftOut: readonly (readonly [string, string])[] = [
  ['x-c', 'a\r\ntransfer-encoding: chunked'],
  ['x-c', 'a\ncontent-length: 3'],
  ['x-c', 'a\r'],
  ['x-c', `a\r\n\r\n${canary}`],
  ['x-c', 'a\0b'],
  ['x-c', '\x7f'],
  ['x c', 'a'],
  ['x-c:', 'a'],
  ['', 'a'],
  ['x-c: a\r\ntransfer-encoding', 'chunked'],
  ['transfer-encoding\0', 'chunked'],
  ['transfer-encoding ', 'chunked'],
  [' content-length', '3'],
  ['content-length\t', '3'],
  ['content-length', '3\0'],
  ['x-\xff', 'a'],
];

const soundPaths = ['/', '/a?b=c', '/a%0d%0aX:%20y', '/a/b;c=d', '/p?http://b.example/', '/:'];

const oddPaths = [
  ...[
    '',
    '*',
    'a',
    'http://b.example/',
    `//b.example/`,
    '/a b',
    '/a\r\nX: y',
    '/a\nX: y',
    '/\0',
    '/\x7f',
  ],
  ...['/\xff', '/a#b', '/a\\b', '/../..', '/%', '/a\tb', '?a', '/"'],
  `/ HTTP/1.1\r\nHost: b\r\n\r\nGET ${canaryPath}`,
];

const oddMethods = ['get', 'GET /x', 'GET\r\nX: y', '', 'CONNECT', 'OPTIONS', 'M!#$', 'GET '];

const oddAuthorities = [
  ...[
    '',
    'b.example',
    `user@${authority}`,
    `${authority}/x`,
    `${authority} x`,
    `${authority},b`,
    `${authority}:x`,
  ],
  ...[
    `${authority}:80`,
    'A.EXAMPLE',
    '[::1]',
    `${authority}\r\nX: y`,
    `${authority}?x`,
    `${authority}#x`,
  ],
];

type Pseudo = readonly (readonly [string, string])[];

function pseudoOf(method: string, path: string): Pseudo {
  return [
    [':method', method],
    [':scheme', 'https'],
    [':authority', authority],
    [':path', path],
  ];
}

const plainPseudo: fc.Arbitrary<Pseudo> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE'),
    fc.constantFrom(...soundPaths),
  )
  .map(([method, path]) => pseudoOf(method, path));

function replaced(pseudo: Pseudo, name: string, value: string): Pseudo {
  return pseudo.map(([one, old]) => [one, one === name ? value : old]);
}

const oddPseudo: fc.Arbitrary<Pseudo> = fc
  .tuple(plainPseudo, fc.nat({ max: 3 }), fc.nat({ max: 100 }))
  .chain(([pseudo, which, choice]) => {
    const [name, value] = pseudo[which] as readonly [string, string];
    const others = pseudo.filter(([one]) => one !== name);
    const pick = (values: readonly string[]) => values[choice % values.length] as string;
    return fc.constantFrom<Pseudo>(
      others,
      [...pseudo, [name, value]],
      [...pseudo, [name, `${value}x`]],
      [...others, [name, value]],
      [...others, [name.toUpperCase(), value]],
      [...others, ['x-between', 'y'], [name, value]],
      [...pseudo, [':unknown', 'x']],
      [...pseudo, [':status', '200']],
      [...pseudo, [':protocol', 'websocket']],
      replaced(pseudo, ':path', pick(oddPaths)),
      replaced(pseudo, ':path', pick(oddPaths)),
      replaced(pseudo, ':method', pick(oddMethods)),
      replaced(pseudo, ':authority', pick(oddAuthorities)),
      replaced(pseudo, ':scheme', pick(['http', 'HTTPS', 'ftp', '', 'https\r\nX: y'])),
    );
  });

const socketPseudo: fc.Arbitrary<Pseudo> = fc
  .tuple(
    fc.constantFrom(tunnelPath, tunnelPath, '/no'),
    fc.constantFrom('websocket', 'websocket', 'websocket', 'h2c', '', 'websocket\r\nX: y'),
  )
  .map(([path, protocol]) => [
    ...pseudoOf('CONNECT', path),
    [':protocol', protocol],
    ['sec-websocket-version', '13'],
  ]);

const bareConnect: fc.Arbitrary<Pseudo> = fc.constantFrom<Pseudo>(
  [
    [':method', 'CONNECT'],
    [':authority', `${authority}:80`],
  ],
  [[':method', 'CONNECT']],
  pseudoOf('CONNECT', '/'),
);

const pseudo = fc.oneof(
  { weight: 12, arbitrary: plainPseudo },
  { weight: 5, arbitrary: oddPseudo },
  { weight: 2, arbitrary: socketPseudo },
  { weight: 1, arbitrary: bareConnect },
);

const someFields = fc
  .tuple(
    fc.array(fc.constantFrom(...sound), { maxLength: 3 }),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.constantFrom(...malformed).map((one) => [one]) },
      { weight: 2, arbitrary: fc.constantFrom(...leftOut).map((one) => [one]) },
    ),
  )
  .map(([good, bad]) => [...good, ...bad]);

const data = fc.oneof(
  { weight: 3, arbitrary: fc.constant<string[]>([]) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'abc',
          canary,
          `0\r\n\r\n${canary}`,
          `3\r\nabc\r\n0\r\n\r\n`,
          'x'.repeat(10_000),
          '\r\n',
        ),
        fc.array(fc.nat({ max: 80 }), { maxLength: 3 }),
      )
      .map(([text, cuts]) => pieces(text, cuts)),
  },
);

const trailers: fc.Arbitrary<readonly string[] | undefined> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['x-t', 'y'],
      ['x-t', 'a\r\n\r\nGET /canary HTTP/1.1\r\n'],
      ['content-length', '3'],
      ['transfer-encoding', 'chunked'],
      ['Upper-Case', 'x'],
      [':path', '/x'],
    ),
  },
);

/** The first two so often that most streams have nothing odd. */
function fewOdd<const T>(first: T, second: T, ...odd: readonly T[]): T[] {
  return [...Array.from({ length: 4 }, () => [first, second]).flat(), ...odd];
}

const stream: fc.Arbitrary<StreamPlan> = fc
  .record({
    pseudo,
    fields: someFields,
    data,
    trailers,
    announced: fc.constantFrom(...fewOdd('none', 'right', 'less', 'more', 'twice')),
    end: fc.constantFrom(...fewOdd('ended', 'ended', 'reset', 'open')),
  })
  .map((plan) => {
    const total = plan.data.join('').length;
    const lengths = {
      none: [],
      right: [total],
      less: [Math.max(0, total - 1)],
      more: [total + 1],
      twice: [total, total],
    } satisfies Record<typeof plan.announced, readonly number[]>;
    const announced = lengths[plan.announced].map((one) => ['content-length', String(one)]);
    // What stays open on purpose are requests: a WebSocket nobody ends would never be over.
    const isSocket = plan.pseudo.some(([name]) => name === ':protocol');
    const fields = [...plan.pseudo, ...(isSocket ? [] : announced), ...plan.fields].flat();
    return {
      fields,
      data: plan.data,
      trailers: isSocket ? undefined : plan.trailers,
      end: isSocket && plan.end === 'open' ? 'ended' : plan.end,
    };
  });

export const connectionPlans: fc.Arbitrary<ConnectionPlan> = fc.record({
  streams: fc.array(stream, { minLength: 1, maxLength: 4 }),
  order: fc.array(fc.nat({ max: 3 }), { maxLength: 12 }),
  goaway: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat({ max: 6 }) },
  ),
  headCuts: fc.array(fc.nat({ max: 60 }), { maxLength: 2 }),
  cuts: fc.array(fc.nat({ max: 400 }), { maxLength: 3 }),
});

function alone(fields: Pseudo, text: string): ConnectionPlan {
  const stream: StreamPlan = {
    fields: fields.flat(),
    data: [text],
    trailers: undefined,
    end: 'ended',
  };
  return { streams: [stream], order: [], goaway: undefined, headCuts: [], cuts: [] };
}

/** Every odd thing alone, with a body behind it that would be a request. */
export const knownPlans: readonly ConnectionPlan[] = [
  ...[...sound, ...malformed, ...leftOut].map((field) =>
    alone([...pseudoOf('POST', '/'), field], canary),
  ),
  ...oddPaths.map((path) => alone(pseudoOf('GET', path), canary)),
  ...oddMethods.map((method) => alone(pseudoOf(method, '/'), canary)),
  ...oddAuthorities.map((host) =>
    alone(replaced(pseudoOf('POST', '/'), ':authority', host), canary),
  ),
  ...[0, 3, 4, canary.length, canary.length + 1].map((length) =>
    alone([...pseudoOf('POST', '/'), ['content-length', String(length)]], canary),
  ),
  alone(
    [
      ...pseudoOf('CONNECT', tunnelPath),
      [':protocol', 'websocket'],
      ['sec-websocket-version', '13'],
    ],
    canary,
  ),
  alone(
    [...pseudoOf('CONNECT', '/no'), [':protocol', 'websocket'], ['sec-websocket-version', '13']],
    canary,
  ),
  alone(
    [...pseudoOf('CONNECT', '/no'), [':protocol', 'websocket'], ['sec-websocket-version', '8']],
    canary,
  ),
  alone(
    [
      [':method', 'CONNECT'],
      [':authority', `${authority}:80`],
    ],
    canary,
  ),
];

/** `text` cut at offsets; empty pieces are kept, since DATA frames may be empty. */
export function pieces<T extends string | Buffer>(text: T, cuts: readonly number[]): T[] {
  const at = [...cuts].map((one) => Math.min(one, text.length)).sort((a, b) => a - b);
  const ends = [...at, text.length];
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end) as T);
}
