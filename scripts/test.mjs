// @ts-check
/**
 * `npm test`: sets up what is missing, checks types, style and imports, then runs every test.
 * `npm test -- src/http1` runs the test files below the paths given, without the checks.
 */
import { spawnSync } from 'node:child_process';
import {
  become,
  buildPage,
  installDebianPackages,
  installPackages,
  pinnedNode,
  root,
} from './setup.mjs';

const paths = process.argv.slice(2);

installPackages();
installDebianPackages();
buildPage();

if (paths.length === 0) {
  const check = spawnSync('npm', ['run', '--silent', 'check'], { cwd: root, stdio: 'inherit' });
  if (check.status !== 0) process.exit(check.status ?? 1);
}

const patterns = (paths.length === 0 ? ['src', 'web', 'test'] : paths).map((path) =>
  path.endsWith('.ts') ? path : `${path.replace(/\/$/, '')}/**/*.test.ts`,
);
process.chdir(root);
become(pinnedNode, ['--test', '--test-concurrency=2', ...patterns]);
