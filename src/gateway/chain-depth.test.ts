import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { DetailedPeerCertificate } from 'node:tls';
import { Authority } from '../../test/kit/authority.ts';
import type { Certificate } from '../../test/kit/certificate.ts';
import { ChainDepth } from './chain-depth.ts';
import { certificatesIn } from './pem-files.ts';

function read({ certPath }: Certificate): X509Certificate[] {
  return certificatesIn(certPath, readFileSync(certPath));
}

/** As Node links them. */
function linked([own, ...issuers]: readonly X509Certificate[]): DetailedPeerCertificate {
  const issuerCertificate = issuers.length === 0 ? undefined : linked(issuers);
  const peer = { raw: own?.raw, issuerCertificate } as DetailedPeerCertificate;
  if (own?.checkIssued(own)) peer.issuerCertificate = peer;
  return peer;
}

function hierarchy(t: TestContext) {
  const root = Authority.root(t, 'root.test');
  const inner = root.authority('inner.test');
  const deep = inner.authority('deep.test');
  return { root, inner, deep, leaf: deep.issue('leaf.test') };
}

test('authorities between a certificate and the one that vouches for itself are counted', (t) => {
  const { root, inner, leaf } = hierarchy(t);
  const cases: [shown: Certificate, most: number, allowed: boolean][] = [
    [root, 0, true],
    [root.issue('direct.test'), 0, true],
    [inner.issue('near.test'), 0, false],
    [inner.issue('near.test'), 1, true],
    [leaf, 1, false],
    [leaf, 2, true],
    [leaf, 9, true],
  ];
  for (const [shown, most, allowed] of cases) {
    const depth = new ChainDepth(read(root), most);
    assert.equal(depth.allows(linked(read(shown))), allowed, `${shown.certPath} within ${most}`);
  }
});

test('authorities that are known here need not be sent, and count all the same', (t) => {
  const { root, inner, deep, leaf } = hierarchy(t);
  const own = linked(read(leaf).slice(0, 1));
  const known = [...read(root), ...read(inner).slice(0, 1), ...read(deep).slice(0, 1)];
  assert.ok(!new ChainDepth(known, 1).allows(own));
  assert.ok(new ChainDepth(known, 2).allows(own));
});

test('a certificate that only has the name and key of an authority makes no chain shorter', (t) => {
  const { root, leaf } = hierarchy(t);
  const [own, deep, inner] = read(leaf);
  assert.ok(own !== undefined && deep !== undefined && inner !== undefined);
  // Another root of the same name, which has signed nothing here.
  const [impostor] = read(Authority.root(t, 'root.test'));
  assert.ok(impostor !== undefined);
  const depth = new ChainDepth(read(root), 1);
  assert.ok(!depth.allows(linked([own, deep, impostor])));
  assert.ok(!depth.allows(linked([own, impostor])));
});

test('where Node does not tell what a client sent along, at least one authority is in between', (t) => {
  const { root, leaf } = hierarchy(t);
  const own = linked(read(leaf).slice(0, 1));
  assert.ok(!new ChainDepth(read(root), 0).allows(own));
  assert.ok(new ChainDepth(read(root), 1).allows(own));
});
