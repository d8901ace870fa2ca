import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from './http-client.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { startNginx } from './nginx.ts';

leaveNothingBehind();

test('serves what its configuration says, and after a reload what the new one says', async (t) => {
  const nginx = await startNginx(
    t,
    ({ listen }) => `server { listen ${listen}; return 200 "old"; }`,
  );
  assert.equal((await httpRequest(nginx.origin)).text, 'old');
  await nginx.reload(({ listen }) => `server { listen ${listen}; return 200 "new"; }`);
  assert.equal((await httpRequest(nginx.origin)).text, 'new');
  assert.match(nginx.accessLog, /"GET \/ HTTP\/1\.1" 200 3/);
});

test('a configuration that nginx refuses fails with the words of nginx', async (t) => {
  const bad = startNginx(t, ({ listen }) => `server { listen ${listen}; proxy_past; }`);
  await assert.rejects(bad, /unknown directive "proxy_past"/);
  const nginx = await startNginx(t, ({ listen }) => `server { listen ${listen}; return 204; }`);
  await assert.rejects(
    nginx.reload(() => 'server { bind 80; }'),
    /unknown directive "bind"/,
  );
  assert.equal((await httpRequest(nginx.origin)).status, 204);
});
