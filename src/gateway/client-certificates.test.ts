/** TLS clients and their certificates, at sites that want to see one and at sites that do not. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import type { SiteModel, SiteTlsModel } from '../config/model.ts';
import { type CertificatePaths, TestCertificates } from './testing/certificates.ts';
import { GatewayKit, siteModel } from './testing/gateway-kit.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());
const certificate = certificates.make('*.test');
const member = certificates.make('member');
const stranger = certificates.make('stranger');

function site(
  host: string,
  verify?: NonNullable<SiteTlsModel['clients']>['verify'],
  caPath = member.certPath,
): SiteModel {
  const route = {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upgradeTokens: [],
    rules: [{ kind: 'return', status: 200, text: [{ variable: 'ssl_client_verify' }] }],
  } as const;
  const tls = verify === undefined ? {} : { tls: { clients: { verify, caPath } } };
  return siteModel(host, [route], { certificate, ...tls });
}

const sites = [
  site('open.test'),
  site('members.test', 'on'),
  site('guests.test', 'optional'),
  site('anybody.test', 'optional_no_ca'),
  site('strangers.test', 'on', stranger.certPath),
];

type Asked = {
  /** Of the request, and of the handshake unless `name` is there. */
  readonly host: string;
  /** Null sends none. */
  readonly name?: string | null;
  readonly shows?: CertificatePaths;
};

/** Status and body. */
async function ask(port: number, { host, name = host, shows }: Asked): Promise<string> {
  const own =
    shows === undefined
      ? {}
      : { cert: readFileSync(shows.certPath), key: readFileSync(shows.keyPath) };
  const client = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(name === null ? {} : { servername: name }),
    ...own,
  });
  client.setEncoding('latin1');
  let answer = '';
  client.on('data', (text: string) => {
    answer += text;
  });
  client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await once(client, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const status = head.split(' ')[1] ?? '';
  return status === '200' ? `200 ${body}` : status;
}

test('a site that needs certificates of clients gets no request without a valid one', async (t) => {
  const kit = await GatewayKit.start(t, { sites, tls: true });
  const { port } = kit;
  assert.equal(await ask(port, { host: 'members.test', shows: member }), '200 SUCCESS');
  assert.equal(await ask(port, { host: 'members.test' }), '400');
  assert.equal(await ask(port, { host: 'members.test', shows: stranger }), '400');
});

test('where a certificate is optional, a wrong one is refused and none is not', async (t) => {
  const kit = await GatewayKit.start(t, { sites, tls: true });
  const { port } = kit;
  assert.equal(await ask(port, { host: 'guests.test' }), '200 NONE');
  assert.equal(await ask(port, { host: 'guests.test', shows: member }), '200 SUCCESS');
  assert.equal(await ask(port, { host: 'guests.test', shows: stranger }), '400');
  assert.equal(await ask(port, { host: 'open.test' }), '200 NONE');
  assert.match(await ask(port, { host: 'anybody.test', shows: stranger }), /^200 FAILED:/);
});

test('a certificate is never taken by a site that the handshake did not name', async (t) => {
  const kit = await GatewayKit.start(t, { sites, tls: true });
  const { port } = kit;
  for (const name of ['open.test', 'anybody.test', null]) {
    assert.equal(await ask(port, { host: 'members.test', name, shows: member }), '421', `${name}`);
  }
});

/** As `ask`, with a client that offers what it was given to whomever it likes. */
async function askByOpenssl(
  port: number,
  host: string,
  options: readonly string[],
): Promise<string> {
  const output = await new Promise<string>((resolve) => {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', host, '-ign_eof'];
    // It fails when it has no session file to read, and then has said nothing.
    const child = execFile('openssl', [...args, ...options], (_error, stdout) => resolve(stdout));
    child.stdin?.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
  const [, status = ''] = /^HTTP\/1\.1 (\d+)/m.exec(output) ?? [];
  const [, kind = ''] = /^(New|Reused), TLS/m.exec(output) ?? [];
  return `${kind} ${status}`;
}

test('a session that began at one site with a certificate opens no other one', async (t) => {
  const kit = await GatewayKit.start(t, { sites, tls: true });
  const shows = ['-cert', member.certPath, '-key', member.keyPath];
  for (const version of ['-tls1_2', '-tls1_3']) {
    const session = join(certificates.folder, `session${version}`);
    const begins = [version, ...shows, '-sess_out', session];
    assert.equal(await askByOpenssl(kit.port, 'members.test', begins), 'New 200');
    const goesOn = [version, '-sess_in', session];
    assert.equal(await askByOpenssl(kit.port, 'strangers.test', goesOn), 'New 400', version);
    const returns = [...goesOn, ...shows];
    assert.equal(await askByOpenssl(kit.port, 'members.test', returns), 'New 200', version);
  }
});
