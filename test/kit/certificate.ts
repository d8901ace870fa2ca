/** Certificates for the servers of a test, made by openssl. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

export type Certificate = { readonly certPath: string; readonly keyPath: string };

/**
 * A certificate for `hosts` (names, or addresses as `IP:127.0.0.1`) that vouches for itself, valid for two days.
 *
 * @param commonName whose it is; for certificates of clients
 */
export function selfSignedCertificate(
  scope: Scope,
  hosts: readonly string[],
  commonName = 'test',
): Certificate {
  const folder = tempFolder(scope, 'tls');
  const certPath = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  const names = hosts.map((host) => (host.startsWith('IP:') ? host : `DNS:${host}`));
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...[
        '-days',
        '2',
        '-subj',
        `/CN=${commonName}`,
        '-addext',
        `subjectAltName=${names.join(',')}`,
      ],
      ...['-keyout', keyPath, '-out', certPath],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return { certPath, keyPath };
}
