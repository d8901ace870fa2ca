import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { ownerOfPort } from './port-owner.ts';

for (const host of ['127.0.0.1', '::1']) {
  test(`names the process that listens on ${host}, and nobody afterwards`, async () => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.match(ownerOfPort(port) ?? '', new RegExp(`^\\S.* \\(process ${process.pid}\\)$`));
    server.close();
    await once(server, 'close');
    assert.equal(ownerOfPort(port), undefined);
  });
}
