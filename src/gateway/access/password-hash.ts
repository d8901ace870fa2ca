/**
 * Passwords as password files store them: the formats of nginx's ngx_crypt, and those of crypt(3) that are in use. Says
 * whether a password is the one, in the time that its format takes; who may try how often is for others.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { compareSync } from 'bcryptjs';
import { md5Crypt } from './md5-crypt.ts';
import { shaCrypt } from './sha-crypt.ts';

/** `slow` ones take from one millisecond to seconds, on purpose. `unknown` ones nobody here can check. */
export type HashCost = 'quick' | 'slow' | 'unknown';

const slowPattern = /^\$(?:2[aby]|apr1|1|5|6)\$/;
const quickPattern = /^\{(?:PLAIN|SHA|SSHA)\}/;

/** Bytes of a SHA-1 digest; behind them, `{SSHA}` has its salt. */
const sha1Bytes = 20;

export function costOf(stored: string): HashCost {
  if (slowPattern.test(stored)) return 'slow';
  return quickPattern.test(stored) ? 'quick' : 'unknown';
}

/** Whether this is the password; false for a hash that is damaged or of a format that nobody here can check. */
export function isPassword(password: Buffer, stored: string): boolean {
  // To crypt(3) a password ends there: what follows would not matter.
  if (password.includes(0)) return false;
  if (stored.startsWith('{')) return isQuick(password, stored);
  if (/^\$(?:1|apr1)\$/.test(stored)) return isSame(md5Crypt(password, stored), stored);
  if (/^\$[56]\$/.test(stored)) return isSame(shaCrypt(password, stored) ?? '', stored);
  return isBcrypt(password, stored);
}

function isBcrypt(password: Buffer, stored: string): boolean {
  try {
    // The package takes text. What is not UTF-8 was not hashed as such.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(password);
    return compareSync(text, stored);
  } catch {
    return false;
  }
}

function isQuick(password: Buffer, stored: string): boolean {
  const close = stored.indexOf('}') + 1;
  const rest = stored.slice(close);
  switch (stored.slice(0, close)) {
    case '{PLAIN}':
      return isSame(password, rest);
    case '{SHA}':
      return isSame(createHash('sha1').update(password).digest('base64'), rest);
    case '{SSHA}': {
      const decoded = Buffer.from(rest, 'base64');
      const salt = decoded.subarray(sha1Bytes);
      const digest = createHash('sha1').update(password).update(salt).digest();
      return isSame(Buffer.concat([digest, salt]), decoded);
    }
    default:
      return false;
  }
}

/** In a time that does not depend on where they differ, or on whether their lengths do. */
function isSame(a: Buffer | string, b: Buffer | string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

function digestOf(value: Buffer | string): Buffer {
  const hash = createHash('sha256');
  return (typeof value === 'string' ? hash.update(value, 'latin1') : hash.update(value)).digest();
}
