/**
 * The MD5 scheme of password files: `$1$` of crypt(3), and `$apr1$`, which is Apache's with another word in it. Works on
 * bytes, since the packages that do it take text and know only one of the two.
 */
import { createHash } from 'node:crypto';
import { cryptCharacters } from './crypt-alphabet.ts';

/** How often the digest is made again; a part of the scheme. */
const rounds = 1000;

/** Characters of the salt that count. */
const saltLength = 8;

/** Which bytes of the digest become four characters each; the last byte, 11, becomes two. */
const triples = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/** What `stored` is if this is its password. @param stored `$1$salt$…` or `$apr1$salt$…` */
export function md5Crypt(password: Buffer, stored: string): string {
  const [, scheme = '', saltText = ''] = stored.split('$');
  const magic = `$${scheme}$`;
  const saltPart = saltText.slice(0, saltLength);
  const salt = Buffer.from(saltPart, 'latin1');

  const inner = createHash('md5').update(password).update(salt).update(password).digest();
  const first = createHash('md5').update(password).update(magic).update(salt);
  for (let left = password.length; left > 0; left -= inner.length) {
    first.update(inner.subarray(0, left));
  }
  for (let bits = password.length; bits > 0; bits >>= 1) {
    first.update(bits & 1 ? zeroByte : password.subarray(0, 1));
  }
  let digest = first.digest();
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    const hash = createHash('md5').update(odd ? password : digest);
    if (round % 3 !== 0) hash.update(salt);
    if (round % 7 !== 0) hash.update(password);
    digest = hash.update(odd ? digest : password).digest();
  }

  let text = `${magic}${saltPart}$`;
  for (const places of triples) text += cryptCharacters(digest, places, 4);
  return text + cryptCharacters(digest, [11], 2);
}

const zeroByte = Buffer.alloc(1);
