import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldNameSet, Fields } from './fields.ts';
import { forwardableLines, forwardableTrailers } from './hop-by-hop.ts';

function passedOn(...flat: string[]): string[] {
  return forwardableLines(Fields.of(flat)).split('\r\n').slice(0, -1);
}

test('what is for the next hop only stays here', () => {
  assert.deepEqual(
    passedOn(
      ...[
        'Host',
        'a',
        'Connection',
        'keep-alive',
        'Keep-Alive',
        'timeout=5',
        'Proxy-Connection',
        'x',
      ],
      ...[
        'TE',
        'trailers',
        'Transfer-Encoding',
        'chunked',
        'Upgrade',
        'h2c',
        'HTTP2-Settings',
        'x',
      ],
      ...['Proxy-Authenticate', 'Basic', 'Proxy-Authorization', 'Basic', 'transfer_encoding', 'x'],
      ...['Trailer', 'X-Sum', 'Cookie', 'b', 'cookie', 'c'],
    ),
    ['Host: a', 'Trailer: X-Sum', 'Cookie: b', 'cookie: c'],
  );
});

test('what Connection names stays here too, in any case and over several fields', () => {
  assert.deepEqual(
    passedOn(
      ...[
        'Connection',
        'close, X-One',
        'X-One',
        '1',
        'X-Two',
        '2',
        'connection',
        'x-TWO',
        'X-Three',
        '3',
      ],
    ),
    ['X-Three: 3'],
  );
  assert.deepEqual(passedOn('Connection', 'close', 'Connection', 'X-One', 'X-One', '1'), []);
  assert.deepEqual(passedOn('Connection', 'x_one', 'X_One', '1'), []);
});

test('Connection cannot take away what others rely on', () => {
  const relied = [
    ...[
      'Host',
      'Cookie',
      'Authorization',
      'Origin',
      'Content-Length',
      'Content-Type',
      'Cache-Control',
    ],
    ...[
      'X_Forwarded_For',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Prefix',
      'X-Real-IP',
      'Forwarded',
    ],
    ...['Sec-WebSocket-Key', 'Sec-WebSocket-Accept', 'Sec-Custom', 'Set-Cookie'],
  ];
  const connection = ['Connection', relied.join(', ')];
  assert.deepEqual(
    passedOn(...relied.flatMap((name) => [name, 'x']), ...connection),
    relied.map((name) => `${name}: x`),
  );
  const lower = ['Connection', relied.join(',').toLowerCase()];
  assert.equal(passedOn(...lower, ...relied.flatMap((name) => [name, 'x'])).length, relied.length);
});

test('what the caller writes itself is left out', () => {
  const fields = Fields.of(['X-Forwarded-For', '1', 'Host', 'a', 'x_forwarded_for', '2']);
  assert.equal(forwardableLines(fields, new FieldNameSet(['x-forwarded-for'])), 'Host: a\r\n');
});

test('trailers that would frame, route or authenticate a message are not passed on', () => {
  assert.deepEqual(
    forwardableTrailers(
      Fields.of([
        ...['X-Sum', '1', 'Content-Length', '2', 'Transfer-Encoding', 'chunked', 'Host', 'b'],
        ...['Set-Cookie', 'c', 'Authorization', 'd', 'X-Forwarded-For', 'e', 'content_length', '3'],
        ...['Server-Timing', 'f'],
      ]),
    ),
    ['X-Sum', '1', 'Server-Timing', 'f'],
  );
});
