/** Keys of a site about TLS towards clients. */
import { filePath, filePaths, flag, mapping, oneOf, positiveInteger } from '../values/kinds.ts';
import { key } from './key.ts';
import { passphrases, revoked, tlsVersionKeys } from './upstream-tls.ts';

/** TLS towards the client; `cert` on one site of an address makes it a TLS address, and all its sites need one. */
export const certificateKeys = {
  cert: key(filePaths().optional(), {
    description:
      'PEM file with the certificate, then the ones of its issuers. With it the address speaks TLS. A list for keys of several kinds (ECDSA beside RSA), of which the client takes one it knows.',
    defaultText: 'none: plain HTTP',
    aka: ['ssl_certificate', 'certificate', 'tls_cert', 'certFile', 'crt'],
  }),
  key: key(filePaths().optional(), {
    description: 'PEM file with the private key of `cert`; a list for a list, in its order.',
    aka: ['ssl_certificate_key', 'private_key', 'tls_key', 'keyFile'],
  }),
  passphrases: passphrases(),
};

const clientsSchema = mapping({
  verify: key(oneOf(['on', 'optional', 'optional_no_ca']).optional(), {
    description:
      '`on`: who has no valid one gets 400. `optional`: everybody may come in, and `$ssl_client_verify` says what was shown. `optional_no_ca`: the same, and it may be of any authority.',
    defaultText: '`on`',
    aka: ['ssl_verify_client', 'mode', 'clientAuthType'],
  }),
  ca: key(filePath().optional(), {
    description: 'PEM file of the authorities that sign them. Needed but for `optional_no_ca`.',
    aka: ['ssl_client_certificate', 'clientCa', 'trusted_ca_cert_file', 'caFiles'],
  }),
  depth: key(positiveInteger().optional(), {
    description: "Longest chain of authorities above a client's certificate.",
    defaultText: '`1`',
    aka: ['ssl_verify_depth'],
  }),
  crl: revoked(),
});

export const siteTlsSchema = mapping({
  ...tlsVersionKeys('ssl_protocols', 'ssl_ciphers'),
  rejectHandshakes: key(flag().optional(), {
    description:
      'Whether handshakes for its names are refused. For the site that has all other hosts; it needs no `cert`.',
    defaultText: '`false`',
    aka: ['ssl_reject_handshake', 'sniStrict', 'strict_sni_host'],
  }),
  clients: key(clientsSchema.optional(), {
    description: 'Certificates that clients have to show.',
    defaultText: 'none is asked for',
    aka: [
      'client_auth',
      'clientAuth',
      'clientCa',
      'verify',
      'ssl_verify_client',
      'ssl_client_certificate',
    ],
  }),
});
