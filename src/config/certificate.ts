/** Whether PEM files can be used for what the configuration says they are. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { configError } from './errors.ts';

/** Reads a PEM file of certificates and returns the first. Throws `HW_CONFIG_INVALID`. */
export function readCertificate(path: string): X509Certificate {
  const pem = readPem(path);
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    const isKey = pem.includes('PRIVATE KEY-----');
    throw configError('HW_CONFIG_INVALID', `${path} is not a certificate in PEM form`, {
      remedy: isKey
        ? 'it is a private key; are `cert` and `key` swapped?'
        : 'the file begins with -----BEGIN CERTIFICATE-----',
      cause,
    });
  }
}

/**
 * Reads a PEM file with a private key. Throws `HW_CONFIG_INVALID`.
 *
 * @param passphrasesPath a file of passphrases, one a line, of which one may open it
 */
export function readPrivateKey(path: string, passphrasesPath?: string): KeyObject {
  const pem = readPem(path);
  if (passphrasesPath !== undefined && isEncrypted(pem)) return opened(path, pem, passphrasesPath);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const needsPassphrase = codeOf(cause) === 'ERR_MISSING_PASSPHRASE' || isEncrypted(pem);
    if (needsPassphrase) {
      throw configError('HW_CONFIG_INVALID', `the private key in ${path} has a passphrase`, {
        remedy:
          'write it without one: openssl pkey -in OLD -out NEW; or name a file with the passphrase',
        cause,
      });
    }
    const isCertificate = pem.includes('-----BEGIN CERTIFICATE-----');
    throw configError('HW_CONFIG_INVALID', `${path} is not a private key in PEM form`, {
      remedy: isCertificate
        ? 'it is a certificate; are `cert` and `key` swapped?'
        : 'the file begins with -----BEGIN PRIVATE KEY-----',
      cause,
    });
  }
}

function isEncrypted(pem: string): boolean {
  return pem.includes('ENCRYPTED');
}

function opened(path: string, pem: string, passphrasesPath: string): KeyObject {
  const passphrases = readPem(passphrasesPath).split(/\r?\n/);
  for (const passphrase of passphrases) {
    if (passphrase === '') continue;
    try {
      // As `readPem` has read it, byte by byte.
      return createPrivateKey({ key: pem, passphrase: Buffer.from(passphrase, 'latin1') });
    } catch {
      // The next one may open it.
    }
  }
  throw configError('HW_CONFIG_INVALID', `no line of ${passphrasesPath} opens the key in ${path}`, {
    remedy: 'write the passphrase of the key on a line of its own',
  });
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw configError('HW_CONFIG_INVALID', `${path} cannot be read: ${whyNot(cause)}`, {
      remedy: 'check the path, which is relative to the configuration file, and who may read it',
      cause,
    });
  }
}

/** Reads a PEM file of revocation lists. Throws `HW_CONFIG_INVALID`. */
export function readRevocationLists(path: string): string {
  const pem = readPem(path);
  if (pem.includes('-----BEGIN X509 CRL-----')) return pem;
  throw configError('HW_CONFIG_INVALID', `${path} has no revocation list in PEM form`, {
    remedy:
      'the file begins with -----BEGIN X509 CRL-----; openssl crl -inform DER -in OLD -out NEW',
  });
}

/** The reason of a failed file operation in words. */
export function whyNot(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
