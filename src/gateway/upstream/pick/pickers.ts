/** From the model of a balance to the picker that does it. */
import type { BalanceModel } from '../../../config/upstream-model.ts';
import { compileTemplate } from '../../template.ts';
import { ConsistentHashPicker } from './consistent-hash.ts';
import { HashPicker } from './hash.ts';
import { ipHash } from './ip-hash.ts';
import { leastConn } from './least-conn.ts';
import type { Picker } from './picker.ts';
import { RandomPicker } from './random.ts';
import { roundRobin } from './round-robin.ts';

/**
 * Default round robin.
 *
 * @param random from 0 to below 1
 */
export function pickerOf(balance: BalanceModel | undefined, random = Math.random): Picker {
  switch (balance?.kind) {
    case undefined:
    case 'round_robin':
      return roundRobin;
    case 'least_conn':
      return leastConn;
    case 'ip_hash':
      return ipHash;
    case 'hash': {
      const key = compileTemplate(balance.key);
      return balance.consistent ? new ConsistentHashPicker(key) : new HashPicker(key);
    }
    case 'random':
      return new RandomPicker(balance.two, random);
  }
}
