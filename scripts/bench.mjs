// @ts-check
/**
 * `npm run bench`: every benchmark, one after the other; `npm run bench -- gateway` only bench/gateway.ts. Further
 * arguments go to the benchmark.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  benchPrograms,
  installDebianPackages,
  installPackages,
  pinnedNode,
  root,
} from './setup.mjs';

const all = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length))
  .sort();
const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith('-');
if (named && !all.includes(first)) {
  process.stderr.write(`hatchway: no benchmark '${first}'; there are: ${all.join(', ')}\n`);
  process.exit(2);
}

installPackages();
installDebianPackages(benchPrograms);

const args = named ? rest : process.argv.slice(2);
for (const name of named ? [first] : all) {
  const file = join(root, 'bench', `${name}.ts`);
  const result = spawnSync(pinnedNode, [file, ...args], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
