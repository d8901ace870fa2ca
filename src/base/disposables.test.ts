import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Disposables } from './disposables.ts';

test('undos run once, newest first', () => {
  const order: number[] = [];
  const owned = new Disposables();
  owned.add(() => order.push(1));
  owned.add(() => order.push(2));
  owned.dispose();
  owned.dispose();
  assert.deepEqual(order, [2, 1]);
});

test('what is added too late is undone at once', () => {
  const owned = new Disposables();
  owned.dispose();
  let undone = false;
  owned.add(() => {
    undone = true;
  });
  assert.ok(undone);
});

test('a timer of a disposed owner does not fire', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const owned = new Disposables();
  let fired = 0;
  owned.timeout(() => fired++, 10);
  owned.interval(() => fired++, 10);
  t.mock.timers.tick(10);
  assert.equal(fired, 2);
  owned.timeout(() => fired++, 10);
  owned.dispose();
  t.mock.timers.tick(100);
  assert.equal(fired, 2);
});

test('a timer that has fired, or was undone, is let go with all that its action holds', async () => {
  const owned = new Disposables();
  const held = [{}, {}].map((thing) => new WeakRef(thing));
  // The things are held by these actions only.
  const actions = held.map((ref) => {
    const thing = ref.deref();
    return () => void thing;
  });
  await new Promise<void>((resolve) => {
    const [first = () => {}, second = () => {}] = actions.splice(0);
    owned.timeout(() => {
      first();
      resolve();
    }, 1);
    owned.interval(second, 1000)();
  });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await new Promise(setImmediate);
  collect();
  assert.deepEqual(
    held.map((ref) => ref.deref()),
    [undefined, undefined],
  );
  assert.ok(!owned.disposed);
});
