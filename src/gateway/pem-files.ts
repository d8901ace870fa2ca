/**
 * What TLS is made from: PEM files, read once, so that a wrong path stops the start and not a visitor. Knows no connections.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gatewayError } from './errors.ts';

/** As `tls.createSecureContext` takes it. */
export type PrivateKey = { readonly pem: Buffer; readonly passphrase?: string };

/**
 * Throws `HW_CERTIFICATE`.
 *
 * @param what whose it is and what for, for the message
 */
export function readPem(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw gatewayError('HW_CERTIFICATE', `${what} ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * A private key and the first passphrase that opens it, as nginx's ssl_password_file. One that none of them opens comes
 * without, and whoever uses it fails.
 *
 * @param passphrases a file with one a line
 */
export function privateKey(pem: Buffer, passphrases: Buffer | undefined): PrivateKey {
  if (passphrases === undefined) return { pem };
  for (const passphrase of passphrases.toString('utf8').split(/\r?\n/)) {
    if (passphrase === '') continue;
    try {
      createPrivateKey({ key: pem, passphrase });
      return { pem, passphrase };
    } catch {
      // The next one may open it.
    }
  }
  return { pem };
}

const revocationList = /-----BEGIN X509 CRL-----.*?-----END X509 CRL-----/gs;

/** Node reads one list of each text, and a file may have one for every authority. Throws `HW_CERTIFICATE` for one without any. */
export function revocationLists(what: string, pem: Buffer): string[] {
  const lists = pem.toString('latin1').match(revocationList);
  if (lists === null) throw gatewayError('HW_CERTIFICATE', `${what}: there is no X509 CRL in it`);
  return [...lists];
}

const certificate = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----.*?-----END [A-Z0-9 ]+-----/gs;

/** All of a file, such as authorities. Throws `HW_CERTIFICATE`. */
export function certificatesIn(what: string, pem: Buffer): X509Certificate[] {
  try {
    const found = pem.toString('latin1').match(certificate) ?? [];
    return found.map((text) => new X509Certificate(text));
  } catch (error) {
    throw gatewayError('HW_CERTIFICATE', `${what} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
