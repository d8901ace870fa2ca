/** How crypt(3) writes digests: six bits a character, the lowest first, in an alphabet of its own. */

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The bytes at these places of a digest, the first one the highest, as this many characters. */
export function cryptCharacters(digest: Buffer, places: readonly number[], count: number): string {
  let bits = 0;
  for (const place of places) bits = (bits << 8) | (digest[place] as number);
  let text = '';
  for (let i = 0; i < count; i++) text += alphabet[(bits >> (6 * i)) & 63];
  return text;
}
