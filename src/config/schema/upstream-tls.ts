/** TLS towards upstreams, and the keys that TLS towards clients has, too. */

import { z } from 'zod';
import { tlsOptions } from '../tls-model.ts';
import { cipherList } from '../values/answer-kinds.ts';
import {
  filePath,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  parseServerName,
  positiveInteger,
  text,
} from '../values/kinds.ts';
import { parseTemplateText } from '../values/template.ts';
import { key } from './key.ts';

/** A name as a text, and one with variables as a template. */
function nameOrTemplate() {
  return text('a host name', (value) =>
    value.includes('$') ? parseTemplateText(value) : parseServerName(value),
  );
}

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
  serverName: key(nameOrTemplate().optional(), {
    description:
      'Name that is sent to the upstream (SNI) and that its certificate must have; with variables it is found out for each request.',
    defaultText: 'the host of `to`',
    template: true,
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
    description: 'PEM file with the private key of `cert`.',
    aka: ['proxy_ssl_certificate_key'],
  }),
  passphrases: passphrases(),
  crl: revoked(),
  depth: key(positiveInteger().optional(), {
    description: 'Longest chain of authorities above its certificate.',
    defaultText: 'as long as it is',
    aka: ['proxy_ssl_verify_depth'],
  }),
  ...tlsVersionKeys('proxy_ssl_protocols', 'proxy_ssl_ciphers'),
});

function opensslList(example: string) {
  return text(`a list in OpenSSL's notation, such as \`${example}\``, (value) => value);
}

function switches() {
  const expects = 'a mapping of switches to `true` or `false`, such as `SessionTicket: false`';
  return z
    .partialRecord(z.enum(tlsOptions), flag(), { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

/** A file with what opens a private key. */
export function passphrases() {
  return key(filePath().optional(), {
    description: 'File of passphrases for `key`, one a line, which are tried in turn.',
    defaultText: 'none: the key needs none',
    aka: ['ssl_password_file', 'proxy_ssl_password_file', 'password'],
  });
}

/** Certificates that count no longer. */
export function revoked() {
  return key(filePath().optional(), {
    description: 'PEM file of what the authorities have revoked, with a list of each of them.',
    defaultText: 'nothing is revoked',
    aka: ['ssl_crl', 'proxy_ssl_crl', 'crlFile'],
  });
}

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
    curves: key(opensslList('X25519:P-256').optional(), {
      description: 'Groups for the exchange of keys, the best first: `X25519:P-256`.',
      defaultText: "Node's",
      aka: ['ssl_ecdh_curve', 'curvePreferences'],
    }),
    signatureAlgorithms: key(opensslList('ECDSA+SHA256:RSA+SHA256').optional(), {
      description: 'How the other side may sign: `ECDSA+SHA256:RSA+SHA256`.',
      defaultText: "OpenSSL's",
      aka: ['ssl_conf_command', 'proxy_ssl_conf_command'],
    }),
    options: key(switches().optional(), {
      description: `Switches of OpenSSL, by their names in SSL_CONF_cmd(3): ${tlsOptions.map((name) => `\`${name}\``).join(', ')}.`,
      defaultText: "OpenSSL's",
      aka: ['ssl_conf_command', 'proxy_ssl_conf_command', 'ssl_prefer_server_ciphers'],
    }),
  };
}
