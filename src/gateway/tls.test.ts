import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import type { SiteModel } from '../config/model.ts';
import { TestCertificates } from './testing/certificates.ts';
import { listenerTls } from './tls.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());
const first = certificates.make('first.example');
const second = certificates.make('second.example');

function site(host: string, certificate?: { certPath: string; keyPath: string }): SiteModel {
  return {
    name: host,
    hosts: [{ kind: 'exact', host }],
    ...(certificate === undefined ? {} : { certificate }),
    routes: [],
    accessLog: { kind: 'off' },
  };
}

function optionsFor(...sites: SiteModel[]) {
  const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  return listenerTls({ address, tls: true, sites, defaultSite: sites[0] as SiteModel }, 10_000);
}

test('the name a client asks for picks the certificate, the default site has the rest', async () => {
  const server = createServer(
    optionsFor(site('first.example', first), site('second.example', second)),
  );
  server.on('secureConnection', (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cases: [servername: string | undefined, subject: string][] = [
    ['first.example', 'first.example'],
    ['SECOND.example', 'second.example'],
    ['third.example', 'first.example'],
    [undefined, 'first.example'],
  ];
  for (const [servername, subject] of cases) {
    const options = servername === undefined ? {} : { servername };
    const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    await once(client, 'secureConnect');
    assert.equal(client.getPeerCertificate().subject.CN, subject, servername);
    client.destroy();
  }
  server.close();
  await once(server, 'close');
});

test('handshakes for a site that rejects them fail, and those for others do not', async (t) => {
  const rejecting: SiteModel = { ...site('_'), hosts: [], tls: { rejectsHandshakes: true } };
  const server = createServer(optionsFor(rejecting, site('second.example', second)));
  server.on('secureConnection', (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  for (const servername of ['unknown.example', undefined]) {
    const options = servername === undefined ? {} : { servername };
    const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    await assert.rejects(once(client, 'secureConnect'), servername);
  }
  const client = connect({
    ...{ host: '127.0.0.1', port, rejectUnauthorized: false, servername: 'second.example' },
  });
  await once(client, 'secureConnect');
  client.destroy();
});

test('versions are those of the default site', async (t) => {
  const old: SiteModel = { ...site('first.example', first), tls: { maxVersion: 'TLSv1.2' } };
  const server = createServer(optionsFor(old));
  server.on('secureConnection', (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  assert.equal(client.getProtocol(), 'TLSv1.2');
  client.destroy();
});

test('a certificate that cannot be used is named with its site at the start', () => {
  const junk = join(certificates.folder, 'junk.pem');
  writeFileSync(junk, 'no certificate');
  const cases: [certificate: Parameters<typeof site>[1], message: RegExp][] = [
    [undefined, /a\.example is served over TLS without certificate/],
    [{ certPath: '/nowhere.crt', keyPath: first.keyPath }, /a\.example.*\/nowhere\.crt.*ENOENT/],
    [{ certPath: first.certPath, keyPath: '/nowhere.key' }, /a\.example.*\/nowhere\.key.*ENOENT/],
    [{ certPath: junk, keyPath: first.keyPath }, /a\.example.*junk\.pem/],
    [{ certPath: first.certPath, keyPath: second.keyPath }, /a\.example.*second\.example\.key/],
  ];
  for (const [certificate, message] of cases) {
    assert.throws(() => optionsFor(site('a.example', certificate)), {
      code: 'HW_CERTIFICATE',
      message,
    });
  }
});
