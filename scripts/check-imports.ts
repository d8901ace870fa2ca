/**
 * Fails on any import that goes against the direction of the house (ARCHITECTURE.md, "The house").
 *
 * A part may import itself, the parts named here, and packages. Tests may also import test/kit.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');

const lower = ['base', 'wire'];
const middle = [...lower, 'http1', 'nginx', 'config'];

/** Which parts of src/ a part of src/ may import. A part that is not listed may not exist. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: [],
  http1: lower,
  nginx: lower,
  config: [...lower, 'http1', 'nginx'],
  gateway: middle,
  console: middle,
  doctor: middle,
  access: [...middle, 'gateway', 'console', 'doctor'],
  cli: [...middle, 'gateway', 'console', 'doctor', 'access'],
};

/** Parts that stay free of packages and of Node, so that they run anywhere. */
const pure = new Set(['wire']);

const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|tsx|mjs)$/.test(name))
    .filter((name) => !/(?:^|\/)(?:dist|node_modules)\//.test(name))
    .map((name) => join(folder, name));
}

/** `src/http1/head.ts` is in `http1`, `web/app/list.tsx` in `web`. */
function partOf(path: string): string {
  const [top, second] = path.split('/');
  return top === 'src' ? (second ?? '') : (top ?? '');
}

/** Why this import may not be, or undefined. */
function objection(from: string, specifier: string): string | undefined {
  const isTest =
    /\.test\.tsx?$/.test(from) || from.startsWith('test/') || from.includes('-contract.ts');
  const part = partOf(from);
  if (!specifier.startsWith('.')) {
    return pure.has(part) && !isTest ? `${part} imports no package` : undefined;
  }
  const target = relative(root, resolve(root, dirname(from), specifier));
  if (target === 'package.json') return undefined;
  const targetPart = partOf(target);
  if (targetPart === part) return undefined;
  if (from.startsWith('src/')) {
    if (isTest && target.startsWith('test/kit/')) return undefined;
    if (target.startsWith('src/') && allowed[part]?.includes(targetPart)) return undefined;
    return `${part} may import: ${[...(allowed[part] ?? [])].join(', ') || 'nothing of ours'}`;
  }
  if (part === 'web') {
    if (isTest && target.startsWith('test/kit/')) return undefined;
    return targetPart === 'wire' ? undefined : 'web imports only src/wire';
  }
  return undefined;
}

const objections: string[] = [];
for (const file of ['src', 'web', 'test', 'bench', 'scripts'].flatMap(sourceFiles)) {
  if (file.startsWith('src/') && allowed[partOf(file)] === undefined) {
    objections.push(
      `${file}: '${partOf(file)}' is not a part of the house; add it to scripts/check-imports.ts`,
    );
  }
  const text = readFileSync(join(root, file), 'utf8');
  for (const [whole, specifier] of text.matchAll(importPattern)) {
    const why = objection(file, specifier as string);
    if (why === undefined) continue;
    const line = text.slice(0, text.indexOf(whole)).split('\n').length;
    objections.push(`${file}:${line}: imports '${specifier}'; ${why}`);
  }
}

for (const line of objections) console.error(line);
if (objections.length > 0) {
  console.error(
    `${objections.length} import${objections.length === 1 ? '' : 's'} against the arrows`,
  );
  process.exitCode = 1;
}
