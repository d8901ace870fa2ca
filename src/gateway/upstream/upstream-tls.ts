/**
 * TLS towards upstreams: what a connection is opened with, and in words why one did not come up. Files are read here, once,
 * so that a wrong path stops the start and not a visitor.
 */
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type DetailedPeerCertificate,
} from 'node:tls';
import { codeOf } from '../../base/errors.ts';
import type { UpstreamModel, UpstreamTlsModel } from '../../config/upstream-model.ts';
import { ChainDepth } from '../chain-depth.ts';
import { gatewayError } from '../errors.ts';
import { certificatesIn, messageOf, privateKey, readPem, revocationLists } from '../pem-files.ts';
import { tlsDetails } from '../tls-details.ts';

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
const defaultMinVersion = 'TLSv1.2';

/** OpenSSL 3 speaks the deprecated versions only without its security levels. */
const ciphersOfOldVersions = 'DEFAULT@SECLEVEL=0';

/** As OpenSSL calls it. */
const chainTooLong = 'CERT_CHAIN_TOO_LONG';

/** The contents of the files that an upstream's TLS is made from. */
export type UpstreamTlsFiles = {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly passwords: Buffer | undefined;
  readonly crl: Buffer | undefined;
};

/** Throws `HW_CERTIFICATE` naming upstream and file. */
export function readUpstreamTlsFiles(upstream: string, tls: UpstreamTlsModel): UpstreamTlsFiles {
  const read = (what: string, path: string | undefined) =>
    path === undefined ? undefined : readPem(`upstream ${upstream}: ${what}`, path);
  return {
    ca: read('ca', tls.caPath),
    cert: read('certificate', tls.certificate?.certPath),
    key: read('key', tls.certificate?.keyPath),
    passwords: read('passphrases', tls.certificate?.passwordsPath),
    crl: read('revocation list', tls.crlPath),
  };
}

/**
 * What `tls.connect` needs to reach an upstream, but for the address; undefined for a plain one.
 * Throws `HW_CERTIFICATE` when a file cannot be used.
 */
export function upstreamTls(
  upstream: UpstreamModel,
  files = upstream.tls && readUpstreamTlsFiles(upstream.name, upstream.tls),
): ConnectionOptions | undefined {
  const model = upstream.tls;
  if (model === undefined || files === undefined) return undefined;
  const { ca, cert, key, passwords, crl } = files;
  const minVersion = model.minVersion ?? defaultMinVersion;
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  const ciphers = model.ciphers ?? (isOld ? ciphersOfOldVersions : undefined);
  const sendsName = model.sni !== false && model.serverName !== '' && isIP(model.serverName) === 0;
  try {
    return {
      secureContext: createSecureContext({
        minVersion,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined || key === undefined
          ? {}
          : { cert, key: [privateKey(key, passwords)] }),
        ...(crl === undefined ? {} : { crl: revocationLists(model.crlPath ?? '', crl) }),
        ...tlsDetails(model),
        ...(model.maxVersion === undefined ? {} : { maxVersion: model.maxVersion }),
        ...(ciphers === undefined ? {} : { ciphers }),
      }),
      rejectUnauthorized: model.verify,
      ALPNProtocols: ['http/1.1'],
      checkServerIdentity: identityCheck(upstream.name, model, ca),
      // RFC 6066, 3: addresses are not sent as names.
      ...(sendsName ? { servername: model.serverName } : {}),
    };
  } catch (error) {
    const used = [
      model.caPath && `ca ${model.caPath}`,
      model.certificate && `certificate ${model.certificate.certPath}`,
      model.certificate && `key ${model.certificate.keyPath}`,
      model.ciphers && `ciphers ${model.ciphers}`,
    ].filter((part) => part !== undefined);
    throw gatewayError(
      'HW_CERTIFICATE',
      `upstream ${upstream.name}: ${used.join(', ')} cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Whether a valid certificate is for the upstream, and not too far from its authority. */
function identityCheck(
  upstream: string,
  { serverName, depth, caPath }: UpstreamTlsModel,
  ca: Buffer | undefined,
): NonNullable<ConnectionOptions['checkServerIdentity']> {
  const limit =
    depth === undefined || ca === undefined
      ? undefined
      : new ChainDepth(certificatesIn(`upstream ${upstream}: ca ${caPath}`, ca), depth);
  return (_, certificate) => {
    const wrong = checkServerIdentity(serverName, certificate);
    if (wrong !== undefined || limit === undefined) return wrong;
    if (limit.allows(certificate as DetailedPeerCertificate)) return undefined;
    return Object.assign(new Error('certificate chain too long'), { code: chainTooLong });
  };
}

/**
 * Why a TLS connection to an upstream failed, in words, and what to do; undefined when the reason is not TLS.
 * Codes of the certificate check are OpenSSL's `X509_V_ERR_…`.
 */
export function explainTlsFailure(
  error: Error,
  tls: UpstreamTlsModel,
): { readonly reason: string; readonly remedy: string } | undefined {
  const code = codeOf(error);
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return {
        reason: 'its certificate is self-signed',
        remedy: 'Name its certificate or authority with "ca", or write "verify: false".',
      };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return {
        reason: 'its certificate comes from an authority that is not known here',
        remedy: 'Name the authority with "ca", or write "verify: false".',
      };
    case 'CERT_HAS_EXPIRED':
      return {
        reason: 'its certificate has expired',
        remedy: 'Renew the certificate, or write "verify: false" until then.',
      };
    case 'CERT_REVOKED':
      return {
        reason: 'its certificate has been revoked',
        remedy: 'Give it another one; its authority says that this one is not to be trusted.',
      };
    case chainTooLong:
      return {
        reason: 'there are more authorities above its certificate than "depth" allows',
        remedy: 'Name the last of them with "ca", or allow more.',
      };
    case 'CERT_NOT_YET_VALID':
      return {
        reason: 'its certificate is not valid yet',
        remedy: 'Check the clocks of both machines.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        reason: `its certificate is not for ${tls.serverName}`,
        remedy: 'Name the host the certificate is for with "serverName", or write "verify: false".',
      };
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return { reason: 'it does not speak TLS on this port', remedy: 'Write http:// in "to".' };
  }
  if (code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_TLS_') || code === 'EPROTO') {
    return {
      reason: `the TLS handshake failed: ${messageOf(error)}`,
      remedy: 'Check which versions of TLS and which client certificate the upstream wants.',
    };
  }
  return undefined;
}
