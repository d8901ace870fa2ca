/** Bodies that are sent through a product under test, and what tells whether they arrived. */
import { createHash } from 'node:crypto';
import { seededRandom } from './cutter.ts';

export const largeBytes = 64 * 1024 * 1024;

/** {@link largeBytes} without a pattern that a mistake could fall in with; the same ones each time. */
export function largeBody(): Buffer {
  const random = seededRandom(1);
  const words = new Uint32Array(largeBytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.floor(random() * 2 ** 32);
  return Buffer.from(words.buffer);
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
