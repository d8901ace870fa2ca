/** What TLS of an nginx.conf may want and hatchway.yaml has no words for. */
import type { Level } from '../../../nginx/level.ts';
import type { TlsDetailsModel } from '../../tls-model.ts';
import type { ImportReport } from './import-report.ts';

export type TlsWishes = TlsDetailsModel & {
  readonly crlPath?: string | undefined;
  readonly passwordsPath?: string | undefined;
};

/** @param prefix `proxy_` for TLS to upstreams */
export function refuseTlsDetails(
  wishes: TlsWishes,
  prefix: '' | 'proxy_',
  level: Level,
  report: ImportReport,
): void {
  const { crlPath, passwordsPath, curves, options, signatureAlgorithms } = wishes;
  const refuse = (name: string, hint: string) =>
    report.refuse(level, `${prefix}${name}`, `"${prefix}${name}" is not in hatchway.yaml`, hint);
  const serve = 'serve this file with --nginx';
  if (crlPath !== undefined) refuse('ssl_crl', serve);
  if (passwordsPath !== undefined) {
    refuse('ssl_password_file', 'write the key without one: openssl pkey -in OLD -out NEW');
  }
  if (curves !== undefined || options !== undefined || signatureAlgorithms !== undefined) {
    refuse('ssl_conf_command', `${serve}, or write minVersion, maxVersion and ciphers`);
  }
}
