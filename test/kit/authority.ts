/** An authority that signs certificates, other authorities, and lists of what it has revoked; made by openssl. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, selfSignedCertificate } from './certificate.ts';
import type { Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

export class Authority implements Certificate {
  /** With the authorities above it, but for the one that vouches for itself: what a server or client shows. */
  readonly certPath: string;
  readonly keyPath: string;
  readonly #scope: Scope;
  readonly #revoked: string[] = [];
  #issued = 0;

  private constructor(scope: Scope, { certPath, keyPath }: Certificate) {
    this.#scope = scope;
    this.certPath = certPath;
    this.keyPath = keyPath;
  }

  /** One that vouches for itself. */
  static root(scope: Scope, name: string): Authority {
    return new Authority(scope, selfSignedCertificate(scope, [name], name));
  }

  /** An authority below this one. */
  authority(name: string): Authority {
    return new Authority(this.#scope, this.#issue(name, true));
  }

  /** A certificate for a name, which is its common name, too. */
  issue(name: string): Certificate {
    return this.#issue(name, false);
  }

  revoke({ certPath }: Certificate): void {
    const text = openssl('x509', '-in', certPath, '-noout', '-serial');
    this.#revoked.push(text.trim().replace('serial=', ''));
  }

  /** In PEM. */
  revocationList(): string {
    const folder = tempFolder(this.#scope, 'crl');
    const config = join(folder, 'ca.conf');
    const index = join(folder, 'index.txt');
    const lines = this.#revoked.map(
      (serial) => `R\t400101000000Z\t250101000000Z\t${serial}\tunknown\t/CN=revoked\n`,
    );
    writeFileSync(index, lines.join(''));
    writeFileSync(config, `[ca]\ndefault_ca=own\n[own]\ndatabase=${index}\ndefault_md=sha256\n`);
    const own = ['-cert', this.certPath, '-keyfile', this.keyPath];
    return openssl('ca', '-config', config, '-gencrl', '-crldays', '2', ...own);
  }

  #issue(name: string, isAuthority: boolean): Certificate {
    const folder = tempFolder(this.#scope, 'issued');
    const certPath = join(folder, 'cert.pem');
    const keyPath = join(folder, 'key.pem');
    const request = join(folder, 'request.pem');
    const extensions = join(folder, 'extensions');
    writeFileSync(
      extensions,
      `subjectAltName=DNS:${name}\nbasicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}\n`,
    );
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', ...curve, '-subj', `/CN=${name}`, '-keyout', keyPath, '-out', request);
    openssl(
      ...['x509', '-req', '-in', request, '-days', '2', '-extfile', extensions, '-out', certPath],
      ...['-CA', this.certPath, '-CAkey', this.keyPath, '-set_serial', String(++this.#issued)],
    );
    const isRoot = this.#isRoot();
    if (!isRoot)
      writeFileSync(
        certPath,
        readFileSync(certPath, 'latin1') + readFileSync(this.certPath, 'latin1'),
      );
    return { certPath, keyPath };
  }

  #isRoot(): boolean {
    const names = openssl('x509', '-in', this.certPath, '-noout', '-subject', '-issuer').split(
      '\n',
    );
    return names[0]?.replace('subject=', '') === names[1]?.replace('issuer=', '');
  }
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
