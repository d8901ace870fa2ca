/**
 * Certificates that the listeners show, chosen by the name the client asks for (SNI) in the order of sites. Files are read
 * here, once, so that a wrong path stops the start and not a visitor. Knows nothing of requests: after the handshake the
 * Host field picks the site again.
 */
import { constants } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import type { ListenerModel, SiteModel } from '../config/model.ts';
import { gatewayError } from './errors.ts';
import { messageOf, privateKey, readPem, revocationLists } from './pem-files.ts';
import { hostOf, Sites } from './sites.ts';
import { tlsDetails } from './tls-details.ts';

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
const minVersion = 'TLSv1.2' as const;

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
    if (!contexts.has(site) && !rejects(site)) contexts.set(site, siteContext(site));
  }
  const sites = new Sites(listener.sites, listener.defaultSite);
  const requestCert = [...contexts.keys()].some(({ tls }) => tls?.clients !== undefined);
  const { defaultSite } = listener;
  const { secureOptions = 0, ...own } = rejects(defaultSite)
    ? { minVersion }
    : contextOptions(defaultSite);
  return {
    // Who is asked for a certificate is decided before the name is known; without a valid one the rules of a site answer.
    requestCert,
    // A resumed session says that its client's certificate was valid, but to the authorities of the site that it began at: in
    // TLS 1.3 a client could show it to another one (as in nginx before CVE-2025-23419), and in TLS 1.2 it names no site.
    secureOptions: requestCert ? secureOptions | constants.SSL_OP_NO_TICKET : secureOptions,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMs,
    ALPNProtocols: listener.http2 === true ? ['h2', ...http1Names] : http1Names,
    SNICallback(name, done) {
      const context = contexts.get(sites.find(hostOf(name)));
      if (context === undefined) done(new Error(`handshakes for ${name} are refused`));
      else done(null, context);
    },
    // For clients that send no name; without a certificate their handshakes fail. Versions are the default site's for all.
    ...own,
  };
}

function rejects({ tls }: SiteModel): boolean {
  return tls?.rejectsHandshakes === true;
}

function siteContext(site: SiteModel): SecureContext {
  const options = contextOptions(site);
  try {
    return createSecureContext(options);
  } catch (error) {
    const { certPath, keyPath } = site.certificate ?? {};
    throw gatewayError(
      'HW_CERTIFICATE',
      `site ${site.name}: certificate ${certPath} with key ${keyPath} cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** All that OpenSSL knows of a site. Several certificates are of several kinds of keys, and the client's ciphers choose. */
function contextOptions(site: SiteModel): SecureContextOptions {
  const { certificate, moreCertificates = [], tls = {} } = site;
  if (certificate === undefined) {
    throw gatewayError(
      'HW_CERTIFICATE',
      `site ${site.name} is served over TLS without certificate`,
    );
  }
  const pairs = [certificate, ...moreCertificates];
  const { caPath, crlPath } = tls.clients ?? {};
  return {
    cert: pairs.map(({ certPath }) => readPem(`site ${site.name}: certificate`, certPath)),
    key: pairs.map(({ keyPath, passwordsPath }) =>
      privateKey(
        readPem(`site ${site.name}: key`, keyPath),
        passwordsPath === undefined
          ? undefined
          : readPem(`site ${site.name}: passphrases`, passwordsPath),
      ),
    ),
    minVersion: tls.minVersion ?? minVersion,
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
    ...(caPath === undefined
      ? {}
      : { ca: readPem(`site ${site.name}: authorities of clients`, caPath) }),
    ...(crlPath === undefined
      ? {}
      : { crl: revocationLists(crlPath, readPem(`site ${site.name}: revocation list`, crlPath)) }),
    ...tlsDetails(tls),
  };
}
