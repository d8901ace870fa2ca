import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { Authority } from '../../test/kit/authority.ts';
import { tempFolder } from '../../test/kit/temp.ts';
import { certificatesIn, privateKey, readPem, revocationLists } from './pem-files.ts';

test('the first passphrase that opens a key is taken, and a key without one needs none', () => {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc' } as const;
  const locked = Buffer.from(key.export({ ...cipher, passphrase: 'pässword' }));
  const open = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
  const passphrases = Buffer.from('wrong\r\n\npässword\r\nlater\n');
  const found = privateKey(locked, passphrases);
  assert.equal(found.passphrase, 'pässword');
  assert.ok(createPrivateKey({ key: found.pem, passphrase: 'pässword' }).equals(key));
  assert.deepEqual(privateKey(locked, Buffer.from('wrong\n')), { pem: locked });
  assert.deepEqual(privateKey(open, undefined), { pem: open });
  assert.throws(() => createSecureContext({ key: [privateKey(locked, undefined)] }));
});

test('each revocation list of a file is one, and a file without any is refused', (t) => {
  const root = Authority.root(t, 'root.test');
  const inner = root.authority('inner.test');
  root.revoke(inner);
  const text = `a comment\n${root.revocationList()}${inner.revocationList()}`;
  const lists = revocationLists('a.crl', Buffer.from(text));
  assert.equal(lists.length, 2);
  createSecureContext({ crl: lists });
  assert.throws(() => revocationLists('a.crl', readFileSync(root.certPath)), {
    code: 'HW_CERTIFICATE',
    message: /^a\.crl: there is no X509 CRL in it/,
  });
});

test('all certificates of a file are read, and one that is none is refused', (t) => {
  const leaf = Authority.root(t, 'root.test').authority('inner.test').issue('leaf.test');
  const subjects = certificatesIn('leaf', readFileSync(leaf.certPath)).map(
    (one: X509Certificate) => one.subject,
  );
  assert.deepEqual(subjects, ['CN=leaf.test', 'CN=inner.test']);
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  assert.throws(() => certificatesIn('it', Buffer.from(broken)), { code: 'HW_CERTIFICATE' });
});

test('a file that cannot be read is named', (t) => {
  const file = join(tempFolder(t, 'pem'), 'a.pem');
  assert.throws(() => readPem('site a: key', file), {
    code: 'HW_CERTIFICATE',
    message: new RegExp(`^site a: key ${file} cannot be read: ENOENT`),
  });
  writeFileSync(file, 'text');
  assert.equal(readPem('site a: key', file).toString(), 'text');
});
