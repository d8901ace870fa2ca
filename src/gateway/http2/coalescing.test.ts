import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { SiteModel, SiteTlsModel } from '../../config/model.ts';
import type { RouteModel } from '../../config/route-model.ts';
import { type CertificatePaths, TestCertificates } from '../testing/certificates.ts';
import { siteModel } from '../testing/gateway-kit.ts';
import { Http2Client, startHttp2Gateway } from './testing/http2-kit.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());
const shared = certificates.make('*.shared.test');
const other = certificates.make('other.test');
/** The same certificate in another file. */
const copied: CertificatePaths = {
  certPath: join(certificates.folder, 'copy.crt'),
  keyPath: shared.keyPath,
};
copyFileSync(shared.certPath, copied.certPath);

/** A site that answers with its own name. */
function site(host: string, certificate: CertificatePaths, tls?: SiteTlsModel): SiteModel {
  const route: RouteModel = {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upgradeTokens: [],
    rules: [{ kind: 'return', status: 200, text: [host] }],
  };
  return siteModel(host, [route], { certificate, ...(tls === undefined ? {} : { tls }) });
}

const sites = [
  site('a.shared.test', shared),
  site('b.shared.test', shared),
  site('copy.shared.test', copied),
  site('other.test', other),
  site('unnamed.test', shared),
  site('members.shared.test', shared, { clients: { verify: 'optional_no_ca' } }),
];

/** What the site of `host` answers on a connection whose handshake was for `servername`. */
async function askedFor(context: TestContext, servername: string, hosts: readonly string[]) {
  const kit = await startHttp2Gateway(context, certificates, { sites });
  const client = await Http2Client.connect(context, kit.port, { servername });
  const answers: string[] = [];
  for (const host of hosts) {
    const { status, body } = await client.ask({ ':authority': host });
    answers.push(status === 200 ? body.toString() : String(status));
  }
  return answers;
}

test('a connection carries requests for every site that shares its certificate', async (context) => {
  const hosts = ['a.shared.test', 'b.shared.test:443', 'B.SHARED.test', 'unnamed.test'];
  assert.deepEqual(await askedFor(context, 'a.shared.test', hosts), [
    'a.shared.test',
    'b.shared.test',
    'b.shared.test',
    'unnamed.test',
  ]);
});

test('a site with another certificate is asked there if the one that was shown names it, too', async (context) => {
  assert.deepEqual(await askedFor(context, 'a.shared.test', ['copy.shared.test', 'other.test']), [
    'copy.shared.test',
    '421',
  ]);
});

test('a site that wants something else of the handshake is not asked behind another one’s', async (context) => {
  const hosts = ['members.shared.test', 'a.shared.test'];
  assert.deepEqual(await askedFor(context, 'a.shared.test', hosts), ['421', 'a.shared.test']);
  assert.deepEqual(await askedFor(context, 'members.shared.test', hosts), [
    'members.shared.test',
    '421',
  ]);
});

test('without a name in the handshake the default site is meant', async (context) => {
  const hosts = ['127.0.0.1', 'b.shared.test', 'other.test'];
  assert.deepEqual(await askedFor(context, '', hosts), ['a.shared.test', 'b.shared.test', '421']);
});
