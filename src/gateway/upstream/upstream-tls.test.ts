import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { UpstreamModel, UpstreamTlsModel } from '../../config/upstream-model.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { explainTlsFailure, upstreamTls } from './upstream-tls.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());
const own = certificates.make('own.example');
const client = certificates.make('client.example');

function upstream(tls: Partial<UpstreamTlsModel>): UpstreamModel {
  return {
    name: 'https://up.example',
    servers: [{ kind: 'tcp', host: '127.0.0.1', port: 1 }],
    tls: { verify: true, serverName: 'own.example', ...tls },
    timeouts: { connectMs: 1000, readMs: 1000, sendMs: 1000 },
  };
}

/** A server with a certificate for own.example; what it saw of each connection that came up. */
async function serve(context: TestContext, options: TlsOptions = {}) {
  const pair = { cert: readFileSync(own.certPath), key: readFileSync(own.keyPath) };
  const server = createServer({ ...pair, ...options });
  const sockets: TLSSocket[] = [];
  const accepted: { name: unknown; protocol: unknown; cipher: string; client: unknown }[] = [];
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    sockets.push(socket);
    accepted.push({
      name: socket.servername,
      protocol: socket.getProtocol(),
      cipher: socket.getCipher().name,
      client: socket.getPeerCertificate().subject?.CN,
    });
    socket.on('error', () => {});
    socket.write('welcome');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** `trusted`, or why not and what to do. */
  const attempt = async (tls: Partial<UpstreamTlsModel>): Promise<string> => {
    const model = upstream(tls);
    const socket = connect({ host: '127.0.0.1', port, ...upstreamTls(model) });
    try {
      // In TLS 1.3 the server's word on the client's certificate comes after the handshake.
      await once(socket, 'data');
      return 'trusted';
    } catch (error) {
      const explained = model.tls && explainTlsFailure(error as Error, model.tls);
      return `${explained?.reason} / ${explained?.remedy}`;
    } finally {
      socket.destroy();
    }
  };
  return { accepted, attempt };
}

test('why an upstream is not trusted is said in words, with the way out', async (context) => {
  const { attempt } = await serve(context);
  const { certPath: caPath } = own;
  assert.equal(await attempt({ caPath }), 'trusted');
  assert.equal(await attempt({ verify: false }), 'trusted');
  assert.match(await attempt({}), /self-signed \/ .*"ca".*"verify: false"/);
  assert.match(
    await attempt({ caPath, serverName: 'other.example' }),
    /not for other\.example \/ .*"serverName"/,
  );
  assert.match(await attempt({ caPath, serverName: '127.0.0.1' }), /not for 127\.0\.0\.1/);
});

test('the name is sent unless it is an address or the model says not to, and is checked all the same', async (context) => {
  const { accepted, attempt } = await serve(context);
  const { certPath: caPath } = own;
  await attempt({ caPath });
  await attempt({ caPath, sni: false });
  await attempt({ verify: false, serverName: '127.0.0.1' });
  assert.deepEqual(
    accepted.map(({ name }) => name),
    ['own.example', false, false],
  );
  assert.match(await attempt({ caPath, sni: false, serverName: 'other.example' }), /not for other/);
});

test('a certificate is shown to an upstream that asks for one', async (context) => {
  const { accepted, attempt } = await serve(context, {
    requestCert: true,
    rejectUnauthorized: true,
    ca: readFileSync(client.certPath),
    maxVersion: 'TLSv1.2',
  });
  const { certPath: caPath } = own;
  assert.match(await attempt({ caPath }), /^the TLS handshake failed/);
  assert.equal(await attempt({ caPath, certificate: client }), 'trusted');
  assert.equal(accepted[0]?.client, 'client.example');
});

test('versions and ciphers are those of the model', async (context) => {
  const { accepted, attempt } = await serve(context);
  const { certPath: caPath } = own;
  await attempt({ caPath });
  await attempt({ caPath, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
  assert.equal(accepted[0]?.protocol, 'TLSv1.3');
  assert.equal(accepted[1]?.protocol, 'TLSv1.2');
  assert.equal(accepted[1]?.cipher, 'ECDHE-ECDSA-AES256-GCM-SHA384');

  const old = await serve(context, {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  assert.match(await old.attempt({ caPath }), /^the TLS handshake failed/);
  assert.equal(await old.attempt({ caPath, minVersion: 'TLSv1' }), 'trusted');
});

test('a file that cannot be used is named with its upstream', () => {
  const junk = join(certificates.folder, 'junk.pem');
  writeFileSync(junk, 'no key');
  const cases: [tls: Partial<UpstreamTlsModel>, message: RegExp][] = [
    [{ caPath: '/nowhere.ca' }, /https:\/\/up\.example: ca \/nowhere\.ca cannot be read.*ENOENT/],
    [
      { certificate: { certPath: '/nowhere.crt', keyPath: client.keyPath } },
      /up\.example: certificate \/nowhere\.crt/,
    ],
    [{ certificate: { certPath: client.certPath, keyPath: junk } }, /up\.example.*key .*junk\.pem/],
    [{ ciphers: 'ROT13' }, /up\.example.*ciphers ROT13/],
  ];
  for (const [tls, message] of cases) {
    assert.throws(() => upstreamTls(upstream(tls)), { code: 'HW_CERTIFICATE', message });
  }
});
