/** TLS towards upstreams, and the keys that TLS towards clients has, too. */
import { cipherList } from '../values/answer-kinds.ts';
import { filePath, flag, mapping, oneOf, serverName } from '../values/kinds.ts';
import { key } from './key.ts';

export const upstreamTlsSchema = mapping({
  verify: key(flag().optional(), {
    description:
      'Whether the certificate of the upstream must be valid. `false` lets whoever stands between read and change everything.',
    defaultText: '`true`',
    aka: ['proxy_ssl_verify', 'insecure_skip_verify', 'secure', 'insecureSkipVerify'],
  }),
  ca: key(filePath().optional(), {
    description:
      'PEM file of the authorities to trust instead of the ones of the system. For a self-signed certificate, that certificate.',
    defaultText: "the system's",
    aka: ['proxy_ssl_trusted_certificate', 'ca_file', 'root_ca', 'rootCAs'],
  }),
  serverName: key(serverName().optional(), {
    description: 'Name that is sent to the upstream (SNI) and that its certificate must have.',
    defaultText: 'the host of `to`',
    aka: ['proxy_ssl_name', 'tls_server_name'],
  }),
  sni: key(flag().optional(), {
    description: 'Whether the name is sent at all.',
    defaultText: '`true`',
    aka: ['proxy_ssl_server_name'],
  }),
  cert: key(filePath().optional(), {
    description:
      'PEM file with the certificate that the gateway shows when the upstream asks for one.',
    defaultText: 'none',
    aka: ['proxy_ssl_certificate', 'tls_client_auth', 'certificate'],
  }),
  key: key(filePath().optional(), {
    description: 'PEM file with the private key of `cert`, without a passphrase.',
    aka: ['proxy_ssl_certificate_key'],
  }),
  ...tlsVersionKeys('proxy_ssl_protocols', 'proxy_ssl_ciphers'),
});

/** Oldest and newest TLS, and its ciphers, with what nginx calls them. */
export function tlsVersionKeys(protocols: string, ciphers: string) {
  const version = () => oneOf(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).optional();
  return {
    minVersion: key(version(), {
      description: 'Oldest TLS that is spoken.',
      defaultText: '`TLSv1.2`',
      aka: [protocols, 'protocols', 'min_version'],
    }),
    maxVersion: key(version(), {
      description: 'Newest TLS that is spoken.',
      defaultText: '`TLSv1.3`',
      aka: ['max_version'],
    }),
    ciphers: key(cipherList().optional(), {
      description: "Ciphers in OpenSSL's notation. Those of TLS 1.3 begin with `TLS_`.",
      defaultText: "Node's",
      aka: [ciphers, 'cipher_suites', 'cipherSuites'],
    }),
  };
}
