import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../config/compile.ts';
import { configSchema } from '../config/schema.ts';
import { parseListenAddress } from '../config/values/listen-address.ts';
import { consoleOrigin } from './console-origin.ts';

function origin(config: unknown, listen: string[], bound = listen): string | undefined {
  const options = { listen: listen.map(parseListenAddress), baseFolder: '/', dataFolder: '/' };
  const model = compile(configSchema.parse(config), options);
  return consoleOrigin(model, bound.map(parseListenAddress));
}

test('is the address, with the port that the system chose', () => {
  assert.equal(origin({}, ['127.0.0.1:0'], ['127.0.0.1:4711']), 'http://127.0.0.1:4711');
  assert.equal(origin({}, ['[::1]:8022']), 'http://[::1]:8022');
});

test('is loopback when every address is listened on', () => {
  assert.equal(origin({}, ['0.0.0.0:8022']), 'http://127.0.0.1:8022');
  assert.equal(origin({}, ['[::]:8022']), 'http://127.0.0.1:8022');
});

test('is the name of the console when it has one, without the port of its scheme', () => {
  const config = { console: { host: ['~x', 'c.example'], cert: 'c', key: 'k' } };
  assert.equal(origin(config, ['0.0.0.0:443']), 'https://c.example');
});

test('is the first address that a browser can open', () => {
  assert.equal(origin({}, ['unix:/x', '127.0.0.1:1']), 'http://127.0.0.1:1');
  assert.equal(origin({}, ['unix:/x']), undefined);
  assert.equal(
    origin({ console: { enabled: false }, sites: [{ to: 'http://a' }] }, ['8022']),
    undefined,
  );
});
