/** One seed a run: given in HATCHWAY_SEED, else new, and always said, so that a failure can be had again. */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';

/** fast-check takes 32 bits with sign. */
const seedLimit = 2 ** 31;

/** `count` values; the seed is in the diagnostics of the test, and in what `seed` says. */
export function sample<T>(
  t: { diagnostic(message: string): void },
  values: fc.Arbitrary<T>,
  count: number,
): { values: T[]; seed: string } {
  const given = process.env.HATCHWAY_SEED;
  const seed = given === undefined ? randomInt(seedLimit) : Number(given);
  t.diagnostic(`${count} cases, HATCHWAY_SEED=${seed}`);
  return { values: fc.sample(values, { numRuns: count, seed }), seed: `HATCHWAY_SEED=${seed}` };
}
