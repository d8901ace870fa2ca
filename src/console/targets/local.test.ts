import { readdirSync, readFileSync } from 'node:fs';
import { LocalTarget } from './local.ts';
import { targetContract } from './target-contract.ts';

targetContract('this machine', async () => ({
  target: new LocalTarget(),
  workload: 'shell',
  otherUser: process.getuid?.() === 0 ? 'nobody' : (process.env.USER ?? ''),
  countOf: async (text) => commandLines().filter((line) => line.startsWith(text)).length,
}));

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended meanwhile.
        return '';
      }
    });
}
