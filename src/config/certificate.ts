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

/** Reads a PEM file with a private key. Throws `HW_CONFIG_INVALID`. */
export function readPrivateKey(path: string): KeyObject {
  const pem = readPem(path);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const needsPassphrase = codeOf(cause) === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(pem);
    if (needsPassphrase) {
      throw configError('HW_CONFIG_INVALID', `the private key in ${path} has a passphrase`, {
        remedy: 'write it without one: openssl pkey -in OLD -out NEW',
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
