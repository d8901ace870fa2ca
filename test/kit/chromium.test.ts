import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selfSignedCertificate } from './certificate.ts';
import { openPage, startBrowser } from './chromium.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { startNginx } from './nginx.ts';

leaveNothingBehind();

test('a page shows what a TLS server with a certificate of its own making serves', async (t) => {
  const { certPath, keyPath } = selfSignedCertificate(t, ['localhost', 'IP:127.0.0.1']);
  const nginx = await startNginx(
    t,
    ({ listen }) => `server {
      listen ${listen} ssl;
      ssl_certificate ${certPath};
      ssl_certificate_key ${keyPath};
      default_type text/html;
      return 200 "<h1>Served</h1>";
    }`,
  );
  const page = await openPage(t, await startBrowser(t));
  await page.goto(`https://127.0.0.1:${nginx.port}/`);
  assert.equal(await page.getByRole('heading').textContent(), 'Served');
});
