import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../../../test/kit/temp.ts';
import { load } from '../../nginx/include.ts';
import { buildModel } from '../../nginx/model.ts';
import { listenNamesIn } from './listen-names.ts';
import { loadNginx } from './load.ts';

function written(t: TestContext, text: string): string {
  const file = join(tempFolder(t, 'listen'), 'nginx.conf');
  writeFileSync(file, text);
  return file;
}

test('a server is reached at every address of a name, and shares them with servers that name the address', (t) => {
  const file = written(
    t,
    `http {
      server { listen localhost:8080; server_name a.test; return 200; }
      server { listen 127.0.0.1:8080; server_name b.test; return 200; }
    }`,
  );
  const result = loadNginx({ file, dataFolder: '/data' });
  assert.ok(result.ok);
  const [first, ...others] = result.model.listeners;
  assert.deepEqual(first?.address, { kind: 'tcp', host: '127.0.0.1', port: 8080 });
  assert.deepEqual(
    first.sites.map(({ name }) => name),
    ['a.test', 'b.test'],
  );
  for (const { address, sites } of others) {
    assert.deepEqual(address, { kind: 'tcp', host: '::1', port: 8080 });
    assert.equal(sites[0]?.name, 'a.test');
  }
});

test('each name is looked up once, and one without address is a problem wherever it stands', (t) => {
  const file = written(
    t,
    `http {
      server { listen one.test:80; listen two.test:80; listen 80; }
      server { listen one.test:81;
        listen none.test:80; }
      server { listen none.test:81; }
    }`,
  );
  const asked: string[] = [];
  const { addresses, errors } = listenNamesIn(buildModel(load(file)).servers, (names) => {
    asked.push(...names);
    return new Map([
      ['one.test', ['192.0.2.1', '2001:db8::1']],
      ['two.test', ['192.0.2.2']],
    ]);
  });
  assert.deepEqual(asked, ['one.test', 'two.test', 'none.test']);
  assert.deepEqual(addresses.get('one.test'), ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(
    errors.map(({ line, column, message }) => ({ line, column, message })),
    [
      { line: 4, column: 16, message: 'there is no address for the name none.test' },
      { line: 5, column: 23, message: 'there is no address for the name none.test' },
    ],
  );
});

test('a name that nobody knows keeps a configuration from being served', (t) => {
  const file = written(t, 'http { server { listen no-such-name.invalid:80; return 200; } }');
  const result = loadNginx({ file, dataFolder: '/data' });
  assert.equal(result.ok, false);
  assert.match(
    result.ok ? '' : (result.problems[0]?.message ?? ''),
    /no address for the name no-such-name\.invalid/,
  );
});
