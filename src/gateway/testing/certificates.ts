/** Certificates for tests, made by openssl in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type CertificatePaths = { readonly certPath: string; readonly keyPath: string };

export class TestCertificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'hatchway-tls-'));

  /** A self-signed certificate for `host`, which is its own authority. */
  make(host: string): CertificatePaths {
    const certPath = join(this.folder, `${host}.crt`);
    const keyPath = join(this.folder, `${host}.key`);
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    args.push('-nodes', '-days', '2', '-keyout', keyPath, '-out', certPath, '-subj', `/CN=${host}`);
    args.push('-addext', `subjectAltName=DNS:${host}`);
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { certPath, keyPath };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
