import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RetryModel } from '../../config/route-model.ts';
import { type FailedTry, mayAskAnother } from './retry.ts';

const failed: FailedTry = { cause: 'error', method: 'GET', wasSent: true, tries: 1, elapsedMs: 0 };

const cases: [claim: string, model: RetryModel, failed: Partial<FailedTry>, may: boolean][] = [
  ['errors and timeouts are retried when nothing is said', {}, {}, true],
  ['timeouts, too', {}, { cause: 'timeout' }, true],
  ['nothing else is when nothing is said', {}, { cause: 'invalid_header' }, false],
  ['nor a status', {}, { cause: 'http_502' }, false],
  ['an empty list is never', { on: [] }, {}, false],
  ['what is listed is retried', { on: ['http_503'] }, { cause: 'http_503' }, true],
  ['what is not listed is not', { on: ['http_503'] }, { cause: 'error' }, false],
  ['POST is not sent twice', {}, { method: 'POST' }, false],
  ['LOCK is not sent twice', {}, { method: 'LOCK' }, false],
  ['PATCH is not sent twice', {}, { method: 'PATCH' }, false],
  ['PUT is', {}, { method: 'PUT' }, true],
  ['DELETE is', {}, { method: 'DELETE' }, true],
  ['methods are case-sensitive', {}, { method: 'post' }, true],
  ['POST that was not sent goes on', {}, { method: 'POST', wasSent: false }, true],
  [
    'non_idempotent lets POST be sent twice',
    { on: ['error', 'non_idempotent'] },
    { method: 'POST' },
    true,
  ],
  ['but for causes that are listed only', { on: ['non_idempotent'] }, { method: 'POST' }, false],
  [
    'a POST refused with a status is not sent twice',
    { on: ['http_502'] },
    { method: 'POST', cause: 'http_502' },
    false,
  ],
  ['tries count the first one', { tries: 1 }, {}, false],
  ['up to their number', { tries: 3 }, { tries: 2 }, true],
  ['and no further', { tries: 3 }, { tries: 3 }, false],
  ['0 tries are no limit', { tries: 0 }, { tries: 99 }, true],
  ['before the time is over', { timeoutMs: 1000 }, { elapsedMs: 999 }, true],
  ['and not after', { timeoutMs: 1000 }, { elapsedMs: 1000 }, false],
  ['a time of 0 is no limit', { timeoutMs: 0 }, { elapsedMs: 1e9 }, true],
];

for (const [claim, model, attempt, may] of cases) {
  test(`${claim}: ${JSON.stringify({ ...model, ...attempt })}`, () => {
    assert.equal(mayAskAnother(model, { ...failed, ...attempt }), may);
  });
}
