import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHeadReader } from '../http1/head.ts';
import { limits } from './testing/gateway-kit.ts';
import { explainLostUpgrade, explainRefusedUpgrade } from './upgrade-cause.ts';

function lost(version: string, ...fields: string[]): string {
  const text = `GET / HTTP/${version}\r\n${['Host: a', ...fields].join('\r\n')}\r\n\r\n`;
  const head = new RequestHeadReader(limits).push(Buffer.from(text));
  assert.ok(head);
  return explainLostUpgrade(head, ['websocket']);
}

test('a lost upgrade names what a proxy in front has done, and the line that undoes it', () => {
  assert.match(lost('1.0', 'Connection: close'), /HTTP\/1\.0.*proxy_http_version 1\.1/);
  assert.match(lost('1.1'), /dropped the Upgrade field.*proxy_set_header Upgrade \$http_upgrade/);
  assert.match(
    lost('1.1', 'Upgrade: websocket', 'Connection: close'),
    /is "close" instead of "upgrade".*proxy_set_header Connection "upgrade"/,
  );
  assert.match(lost('1.1', 'Upgrade: websocket'), /is missing instead of "upgrade"/);
});

test('an upgrade that is not allowed comes with the line that allows it', () => {
  assert.match(
    lost('1.1', 'Upgrade: tcp', 'Connection: Upgrade'),
    /"upgrade: \[websocket, tcp\]" allows it/,
  );
});

test('a refused upgrade names the likely cause of its status', () => {
  const cases: [status: number, cause: RegExp][] = [
    [200, /ordinary request/],
    [302, /redirects/],
    [400, /its own log says what/],
    [401, /not signed in/],
    [403, /does not allow/],
    [404, /nothing at this path/],
    [426, /another version/],
    [502, /what is behind it did not answer/],
    [418, /answered 418/],
  ];
  for (const [status, cause] of cases) {
    const sentence = explainRefusedUpgrade({ status, host: 'a', origin: 'https://a' });
    assert.match(sentence, cause);
    assert.match(sentence, new RegExp(`upstream answered ${status} `));
  }
});

test('an Origin that is not the Host is the first suspect of a 403', () => {
  const origin = 'https://shown.example';
  assert.match(
    explainRefusedUpgrade({ status: 403, host: 'inner:9000', origin }),
    /Origin https:\/\/shown\.example is not the Host inner:9000/,
  );
  for (const host of ['shown.example']) {
    assert.doesNotMatch(explainRefusedUpgrade({ status: 403, host, origin }), /is not the Host/);
  }
});
