import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayKit } from './testing/gateway-kit.ts';

const session = 'POST /session HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n';

test('h2c opens a tunnel where it is listed, for BuildKit', async (context) => {
  const kit = await GatewayKit.start(context, { upgradeTokens: ['websocket', 'h2c'] });
  const { client, upstream, head } = await kit.ask(
    `${session}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  );
  assert.match(head, /^upgrade: h2c\r$/im);
  upstream.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI',
  );
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  assert.equal(await client.bytes(3), 'PRI');
  client.end();
  await upstream.rest();
});

test('h2c with HTTP2-Settings opens none, wherever it is listed', async (context) => {
  const kit = await GatewayKit.start(context, { upgradeTokens: ['websocket', 'h2c'] });
  const { client, upstream, head } = await kit.ask(
    `${session}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
  );
  assert.doesNotMatch(head, /^(?:upgrade|http2-settings|connection):/im);
  upstream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 502 /);
});
