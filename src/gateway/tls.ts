/**
 * Certificates: those the listeners show, chosen by the name the client asks for (SNI) in the order of sites, and
 * those upstreams are checked against. Files are read here, once, so that a wrong path stops the start and not a
 * visitor. Knows nothing of requests: after the handshake the Host field picks the site again.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  type TlsOptions,
} from 'node:tls';
import { codeOf } from '../base/errors.ts';
import type { ListenerModel, SiteModel } from '../config/model.ts';
import type { UpstreamModel, UpstreamTlsModel } from '../config/upstream-model.ts';
import { gatewayError } from './errors.ts';
import { hostOf, Sites } from './sites.ts';

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
const minVersion = 'TLSv1.2';

/**
 * What HTTP/1 is called in the handshake (ALPN). A client that offers only names that are not here is refused, and
 * `curl --http1.0` offers the second one alone.
 */
const http1Names = ['http/1.1', 'http/1.0'];

/**
 * What `tls.createServer` needs for a listener. Throws `HW_CERTIFICATE` naming site and file when one cannot be used.
 *
 * @param handshakeMs how long a client may take for the handshake
 */
export function listenerTls(listener: ListenerModel, handshakeMs: number): TlsOptions {
  const contexts = new Map<SiteModel, SecureContext>();
  for (const site of [...listener.sites, listener.defaultSite]) {
    if (!contexts.has(site)) contexts.set(site, siteContext(site));
  }
  const sites = new Sites(listener.sites, listener.defaultSite);
  return {
    minVersion,
    handshakeTimeout: handshakeMs,
    ALPNProtocols: listener.http2 === true ? ['h2', ...http1Names] : http1Names,
    SNICallback(name, done) {
      done(null, contexts.get(sites.find(hostOf(name))));
    },
    // For clients that send no name.
    ...certificateOf(listener.defaultSite),
  };
}

function siteContext(site: SiteModel): SecureContext {
  const { cert, key } = certificateOf(site);
  try {
    return createSecureContext({ cert, key, minVersion });
  } catch (error) {
    const { certPath, keyPath } = site.certificate ?? {};
    throw gatewayError(
      'HW_CERTIFICATE',
      `site ${site.name}: certificate ${certPath} with key ${keyPath} cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function certificateOf(site: SiteModel): { cert: Buffer; key: Buffer } {
  if (site.certificate === undefined) {
    throw gatewayError(
      'HW_CERTIFICATE',
      `site ${site.name} is served over TLS without certificate`,
    );
  }
  return {
    cert: readPem(`site ${site.name}: certificate`, site.certificate.certPath),
    key: readPem(`site ${site.name}: key`, site.certificate.keyPath),
  };
}

function readPem(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw gatewayError('HW_CERTIFICATE', `${what} ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What `tls.connect` needs to reach an upstream, but for the address; undefined for a plain one. */
export function upstreamTls(upstream: UpstreamModel): ConnectionOptions | undefined {
  const model = upstream.tls;
  if (model === undefined) return undefined;
  const ca =
    model.caPath === undefined ? undefined : readPem(`upstream ${upstream.name}: ca`, model.caPath);
  try {
    return {
      secureContext: createSecureContext({ ...(ca === undefined ? {} : { ca }), minVersion }),
      rejectUnauthorized: model.verify,
      ALPNProtocols: ['http/1.1'],
      checkServerIdentity: (_, certificate) => checkServerIdentity(model.serverName, certificate),
      // RFC 6066, 3: addresses are not sent as names.
      ...(isIP(model.serverName) === 0 ? { servername: model.serverName } : {}),
    };
  } catch (error) {
    throw gatewayError(
      'HW_CERTIFICATE',
      `upstream ${upstream.name}: ca ${model.caPath} cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
