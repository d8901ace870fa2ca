/** nginx's variables of the TLS connection and of the client's certificate (ngx_http_ssl_module). */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { RequestState } from './request-state.ts';
import type { Site } from './serving.ts';

type Variable = (request: RequestState) => string | undefined;

export const tlsVariables: Readonly<Record<string, Variable>> = {
  ssl_alpn_protocol: ({ client }) => client.accepted.tls?.alpnProtocol || undefined,
  ssl_cipher: ({ client }) => client.accepted.tls?.getCipher().name,
  // Early data is not taken, and for all other requests it is empty.
  ssl_early_data: () => undefined,
  ssl_protocol: ({ client }) => client.accepted.tls?.getProtocol() ?? undefined,
  ssl_server_name: ({ client }) => client.accepted.tls?.servername || undefined,
  ssl_session_id: ({ client }) => client.accepted.tls?.getSession()?.toString('hex').slice(0, 64),
  ssl_session_reused: ({ client }) =>
    client.accepted.tls === undefined
      ? undefined
      : client.accepted.tls.isSessionReused()
        ? 'r'
        : '.',
};

export const clientCertificateVariables: Readonly<Record<string, Variable>> = {
  ssl_client_cert: (request) => pemOf(request)?.trimEnd().replaceAll('\n', '\n\t'),
  ssl_client_escaped_cert: (request) => {
    const pem = pemOf(request);
    return pem === undefined ? undefined : encodeURIComponent(pem);
  },
  ssl_client_raw_cert: pemOf,
  ssl_client_fingerprint: (request) =>
    certificateOf(request)?.fingerprint.replaceAll(':', '').toLowerCase(),
  ssl_client_i_dn: (request) => distinguishedName(certificateOf(request)?.issuer),
  ssl_client_s_dn: (request) => distinguishedName(certificateOf(request)?.subject),
  ssl_client_serial: (request) => certificateOf(request)?.serialNumber,
  ssl_client_v_end: (request) => certificateOf(request)?.validTo,
  ssl_client_v_start: (request) => certificateOf(request)?.validFrom,
  ssl_client_verify: (request) => {
    const { tls } = request.client.accepted;
    if (tls === undefined) return undefined;
    if (certificateOf(request) === undefined) return 'NONE';
    if (!tls.authorized) return `FAILED:${reasonOf(tls.authorizationError)}`;
    return isNearAuthority(tls, request.site) ? 'SUCCESS' : 'FAILED:certificate chain too long';
  },
};

/** What has been found out; a connection with a certificate is for one site (`client-certificate-rules.ts`). */
const nearAuthority = new WeakMap<TLSSocket, boolean>();

function isNearAuthority(tls: TLSSocket, { clientDepth }: Site): boolean {
  if (clientDepth === undefined) return true;
  let isNear = nearAuthority.get(tls);
  if (isNear === undefined) {
    isNear = clientDepth.allows(tls.getPeerCertificate(true));
    nearAuthority.set(tls, isNear);
  }
  return isNear;
}

function certificateOf({ client }: RequestState): X509Certificate | undefined {
  const raw = client.accepted.tls?.getPeerCertificate().raw;
  return raw === undefined ? undefined : new X509Certificate(raw);
}

function pemOf(request: RequestState): string | undefined {
  return certificateOf(request)?.toString();
}

/** RFC 2253's order and commas, from lines of `CN=name`. */
function distinguishedName(lines: string | undefined): string | undefined {
  return lines?.split('\n').reverse().join(',');
}

function reasonOf(error: Error | string | null | undefined): string {
  return typeof error === 'string' ? error : (error?.message ?? '');
}
