/**
 * The SHA-2 schemes of crypt(3), `$5$` and `$6$`, on bytes. The package for it gets passwords of 32, 64, … bytes wrong.
 *
 * Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", whose steps are named here.
 */
import { createHash } from 'node:crypto';
import { cryptCharacters } from './crypt-alphabet.ts';

const storedPattern = /^\$([56])\$(?:rounds=(\d{4,9})\$)?([^$]{0,16})\$[./0-9A-Za-z]+$/;

const defaultRounds = 5000;

/** What `stored` is if this is its password; undefined when `stored` is damaged. */
export function shaCrypt(password: Buffer, stored: string): string | undefined {
  const parts = storedPattern.exec(stored);
  if (parts === null) return undefined;
  const [, scheme, roundsText, saltText = ''] = parts;
  const name = scheme === '5' ? 'sha256' : 'sha512';
  const rounds = roundsText === undefined ? defaultRounds : Number(roundsText);
  const salt = Buffer.from(saltText, 'latin1');
  const digest = lastDigest(name, password, salt, rounds);
  const roundsPart = roundsText === undefined ? '' : `rounds=${roundsText}$`;
  const text = scheme === '5' ? sha256Text(digest) : sha512Text(digest);
  return `$${scheme}$${roundsPart}${saltText}$${text}`;
}

function lastDigest(name: string, password: Buffer, salt: Buffer, rounds: number): Buffer {
  // Steps 4 to 8.
  const b = createHash(name).update(password).update(salt).update(password).digest();
  // Steps 1 to 3, 9 to 12.
  const hash = createHash(name).update(password).update(salt).update(repeated(b, password.length));
  for (let bits = password.length; bits > 0; bits >>= 1) hash.update(bits & 1 ? b : password);
  const a = hash.digest();
  // Steps 13 to 16.
  const p = repeated(digestOfTimes(name, password, password.length), password.length);
  // Steps 17 to 20.
  const s = repeated(digestOfTimes(name, salt, 16 + (a[0] as number)), salt.length);
  // Step 21.
  let digest = a;
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    const next = createHash(name).update(odd ? p : digest);
    if (round % 3 !== 0) next.update(s);
    if (round % 7 !== 0) next.update(p);
    digest = next.update(odd ? digest : p).digest();
  }
  return digest;
}

function digestOfTimes(name: string, bytes: Buffer, times: number): Buffer {
  const hash = createHash(name);
  for (let i = 0; i < times; i++) hash.update(bytes);
  return hash.digest();
}

/** The bytes again and again, up to this length. */
function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Step 22: three bytes at a time, a third of the digest apart; which one comes first goes around. */
function sha256Text(digest: Buffer): string {
  let text = '';
  for (let i = 0; i < 10; i++) {
    const places = [i, i + 10, i + 20];
    text += cryptCharacters(
      digest,
      [0, 1, 2].map((k) => places[(k + 2 * i) % 3] as number),
      4,
    );
  }
  return text + cryptCharacters(digest, [31, 30], 3);
}

/** The same, the other way around. */
function sha512Text(digest: Buffer): string {
  let text = '';
  for (let i = 0; i < 21; i++) {
    const places = [i, i + 21, i + 42];
    text += cryptCharacters(
      digest,
      [0, 1, 2].map((k) => places[(k + i) % 3] as number),
      4,
    );
  }
  return text + cryptCharacters(digest, [63], 2);
}
