import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HatchwayError } from '../base/errors.ts';
import { http1Errors } from '../http1/errors.ts';
import { errorAnswer, newRequestId } from './error-answer.ts';
import { gatewayError, gatewayErrors } from './errors.ts';

const error = gatewayError('HW_UPSTREAM_UNREACHABLE', 'upstream secret-host:1 is down');

function answer(options: Omit<Parameters<typeof errorAnswer>[1], 'requestId'> = {}) {
  const { text, bodyBytes } = errorAnswer(error, { requestId: 'abc', ...options });
  const [head, body] = text.split('\r\n\r\n') as [string, string];
  return { head: head.split('\r\n'), body, bodyBytes };
}

test('a browser gets a page, a program JSON, a command line a sentence, each with code and id', () => {
  const cases: [accept: string | undefined, type: string][] = [
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/json, text/html', 'application/json'],
    ['*/*', 'text/plain'],
    [undefined, 'text/plain'],
  ];
  for (const [accept, type] of cases) {
    const { head, body, bodyBytes } = answer({ accept });
    assert.ok(head.includes(`Content-Type: ${type}`), accept);
    assert.ok(head.includes(`Content-Length: ${body.length}`));
    assert.ok(head.includes('X-Request-Id: abc'));
    assert.equal(bodyBytes, body.length);
    for (const part of ['HW_UPSTREAM_UNREACHABLE', 'abc', 'cannot be reached.']) {
      assert.ok(body.includes(part), body);
    }
  }
});

test('nothing internal is in an answer, not even what an error says in place of its remedy', () => {
  const told = gatewayError('HW_UPSTREAM_TLS', 'upstream secret-host:1 has a bad certificate', {
    remedy: 'name secret-host in /etc/secret.yaml',
    cause: new Error('secret'),
  });
  for (const accept of ['text/html', 'application/json', 'text/plain']) {
    const { text } = errorAnswer(told, { requestId: 'abc', accept });
    assert.doesNotMatch(text, /secret|node_modules|\.ts\b|\/work\//);
    assert.doesNotMatch(text, /^(?:server|x-powered-by|via):/im);
  }
});

test('a limit says after how many seconds to try again, and nothing else does', () => {
  const secondsOf = (code: Parameters<typeof gatewayError>[0]) =>
    /^Retry-After: (.*)$/m.exec(
      errorAnswer(gatewayError(code, 'x'), { requestId: 'abc' }).text,
    )?.[1];
  assert.equal(secondsOf('HW_RATE_LIMITED'), '1');
  assert.equal(secondsOf('HW_REQUESTS_LIMITED'), undefined);
  assert.equal(secondsOf('HW_TOO_MANY_CONNECTIONS'), '5');
  assert.equal(secondsOf('HW_TOO_MANY_FROM_ADDRESS'), '5');
  assert.equal(secondsOf('HW_OUT_OF_DESCRIPTORS'), '5');
  assert.equal(secondsOf('HW_TOO_MANY_TUNNELS'), '10');
  assert.equal(secondsOf('HW_NO_LIVE_UPSTREAM'), undefined);
});

test('an id that the site writes itself is not written twice', () => {
  const { head } = answer({ lines: 'X-Request-Id: abc\r\nX-Other: 1\r\n' });
  assert.equal(head.filter((line) => /^x-request-id/i.test(line)).length, 1);
  assert.ok(head.includes('X-Other: 1'));
});

test('the page of an error loads nothing and runs nothing', () => {
  const { head, body } = answer({ accept: 'text/html' });
  assert.ok(head.some((line) => line.startsWith("Content-Security-Policy: default-src 'none';")));
  assert.doesNotMatch(body, /<script|<link|<img|src=|href=|@import|url\(|\bon\w+=/);
});

test('a page tells its visitor what can be done, for every status', () => {
  for (const [code, { status }] of Object.entries({ ...gatewayErrors, ...http1Errors })) {
    const failed = new HatchwayError(code, 'x', { status, remedy: 'x' });
    const { text } = errorAnswer(failed, { requestId: 'abc', accept: 'text/html' });
    const paragraphs = Array.from(text.matchAll(/<p>(.*)<\/p>/g), ([, words]) => words);
    assert.equal(paragraphs.length, 2, code);
    for (const words of paragraphs) assert.match(words ?? '', /^[A-Z].+\.$/, code);
  }
});

test('JSON is the console’s problem with an id', () => {
  assert.deepEqual(JSON.parse(answer({ accept: 'application/json' }).body), {
    code: 'HW_UPSTREAM_UNREACHABLE',
    message: gatewayErrors.HW_UPSTREAM_UNREACHABLE.summary,
    remedy: gatewayErrors.HW_UPSTREAM_UNREACHABLE.remedy,
    requestId: 'abc',
  });
});

test('the connection is said to close unless the client may go on', () => {
  const connectionOf = (options: Parameters<typeof answer>[0]) =>
    answer(options).head.find((line) => line.startsWith('Connection: '));
  assert.equal(connectionOf({}), 'Connection: close');
  assert.equal(connectionOf({ keepAlive: true }), undefined);
  assert.equal(connectionOf({ keepAlive: true, http10: true }), 'Connection: keep-alive');
});

test('HEAD is answered without the body that GET would have', () => {
  const { head, body, bodyBytes } = answer({ method: 'HEAD' });
  assert.equal(body, '');
  assert.equal(bodyBytes, 0);
  assert.deepEqual(
    head.filter((line) => line.startsWith('Content-Length')),
    answer().head.filter((line) => line.startsWith('Content-Length')),
  );
});

test('every sentence is ASCII that needs no escaping in a page', () => {
  for (const { summary } of Object.values({ ...gatewayErrors, ...http1Errors })) {
    assert.match(summary, /^[ -~]+$/);
    assert.doesNotMatch(summary, /[<>&]/);
  }
});

test('ids of requests are 16 hexadecimal digits, and no two are the same', () => {
  const ids = Array.from({ length: 1000 }, newRequestId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
  assert.equal(new Set(ids).size, ids.length);
});
