import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestNames } from './testing/upstreams-kit.ts';
import { WatchedName } from './watched-name.ts';

function watch(context: TestContext, options: { once?: boolean } = {}) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const names = new TestNames();
  const heard: (readonly string[] | string)[] = [];
  const name = new WatchedName({
    name: 'app.test',
    lookup: names.lookupOf(undefined),
    once: options.once ?? false,
    onAddresses: (addresses) => heard.push(addresses),
    onFailure: (error) => heard.push(error.message),
  });
  /** Lets time pass, and then what it has set off. */
  const pass = async (ms: number) => {
    context.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { names, name, heard, pass };
}

test('a name is looked up again when its addresses have run out, and only a change is told', async (context) => {
  const { names, name, heard, pass } = watch(context);
  names.set('app.test', ['10.0.0.2', '10.0.0.1', '10.0.0.2'], 1000);
  await name.look();
  assert.deepEqual(heard, [['10.0.0.1', '10.0.0.2']]);
  await pass(999);
  assert.equal(names.asked.length, 1);
  names.set('app.test', ['10.0.0.1', '10.0.0.2'], 2000);
  await pass(1);
  assert.equal(names.asked.length, 2);
  names.set('app.test', ['10.0.0.3'], 2000);
  await pass(1999);
  assert.equal(names.asked.length, 2);
  await pass(1);
  assert.deepEqual(heard, [['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]);
  name.close();
  await pass(10_000);
  assert.equal(names.asked.length, 3);
});

test('a lookup that fails keeps the last addresses, is told once, and is tried again', async (context) => {
  const { names, name, heard, pass } = watch(context);
  names.set('app.test', ['10.0.0.1'], 1000);
  await name.look();
  names.unset('app.test');
  await pass(1000);
  await pass(5000);
  await pass(5000);
  assert.equal(names.asked.length, 4);
  assert.deepEqual(heard, [['10.0.0.1'], 'app.test is unknown']);
  assert.deepEqual(await name.addresses(), ['10.0.0.1']);
  names.set('app.test', ['10.0.0.1'], 1000);
  await pass(5000);
  names.unset('app.test');
  await pass(1000);
  assert.deepEqual(heard, [['10.0.0.1'], 'app.test is unknown', 'app.test is unknown']);
  name.close();
});

test('one answer is enough for a name that is not to be looked up again', async (context) => {
  const { names, name, heard, pass } = watch(context, { once: true });
  await assert.rejects(name.look(), { code: 'ENOTFOUND' });
  names.set('app.test', ['10.0.0.1'], 1000);
  await pass(5000);
  await pass(100_000);
  assert.equal(names.asked.length, 2);
  assert.deepEqual(heard, ['app.test is unknown', ['10.0.0.1']]);
});

test('whoever asks while a lookup is under way gets its answer', async (context) => {
  const { names, name } = watch(context);
  names.set('app.test', ['10.0.0.1', '2001:db8::1']);
  const [looked, asked] = await Promise.all([name.look(), name.addresses()]);
  assert.deepEqual(looked, asked);
  assert.equal(names.asked.length, 1);
  const all = await new Promise((resolve) => {
    name.lookupFunction('app.test', { all: true }, (_, found) => resolve(found));
  });
  assert.deepEqual(all, [
    { address: '10.0.0.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ]);
  const one = await new Promise((resolve) => {
    name.lookupFunction('app.test', {}, (_, address, family) => resolve([address, family]));
  });
  assert.deepEqual(one, ['10.0.0.1', 4]);
  name.close();
});
