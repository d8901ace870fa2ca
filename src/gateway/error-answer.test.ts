import assert from 'node:assert/strict';
import { test } from 'node:test';
import { http1Errors } from '../http1/errors.ts';
import { errorAnswer } from './error-answer.ts';
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
    ['text/html, application/json', 'text/html'],
    ['application/json, text/html', 'application/json'],
    ['application/problem+json', 'application/json'],
    ['*/*', 'text/plain'],
    [undefined, 'text/plain'],
  ];
  for (const [accept, type] of cases) {
    const { head, body, bodyBytes } = answer({ accept });
    assert.ok(head.includes(`Content-Type: ${type}`), accept);
    assert.ok(head.includes(`Content-Length: ${body.length}`));
    assert.equal(bodyBytes, body.length);
    for (const part of ['HW_UPSTREAM_UNREACHABLE', 'abc', 'cannot be reached.']) {
      assert.ok(body.includes(part), body);
    }
    assert.ok(!body.includes('secret-host'));
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
