import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from './scope.ts';

/** A scope that the test ends by hand. */
class HandScope {
  #ends: (() => Promise<void>)[] = [];

  after(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

test('what was started last ends first, one after the other', async () => {
  const scope = new HandScope();
  const ended: string[] = [];
  atEnd(scope, () => {
    ended.push('first');
  });
  atEnd(scope, async () => {
    await new Promise(setImmediate);
    ended.push('second');
  });
  await scope.end();
  assert.deepEqual(ended, ['second', 'first']);
});

test('everything ends although one end fails, and the failure is told', async () => {
  const scope = new HandScope();
  const ended: string[] = [];
  atEnd(scope, () => {
    ended.push('folder');
  });
  atEnd(scope, () => {
    throw new Error('the server does not stop');
  });
  await assert.rejects(scope.end(), /the server does not stop/);
  assert.deepEqual(ended, ['folder']);
});

test('what an end registers ends too', async () => {
  const scope = new HandScope();
  const ended: string[] = [];
  atEnd(scope, () => {
    atEnd(scope, () => {
      ended.push('late');
    });
  });
  await scope.end();
  assert.deepEqual(ended, ['late']);
});
