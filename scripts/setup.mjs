// @ts-check
/**
 * Sets up what a checkout needs: npm packages (the pinned Node among them), the built page, Debian packages for tests.
 *
 * Plain JavaScript, since it runs on whatever Node (20 or later) the machine has, before the pinned one is there.
 * Every step looks first and does nothing when nothing is missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** The pinned Node, once the packages are installed. */
export const pinnedNode = join(root, 'node_modules/node/bin/node');

/** @param {string} message */
function say(message) {
  process.stderr.write(`hatchway: ${message}\n`);
}

/**
 * Ends this program with a sentence instead of a stack trace.
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}

/**
 * Runs a command to its end, showing what it says.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, hint?: string }} [options]
 */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...options.env },
  });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    fail(`'${[command, ...args].join(' ')}' failed${options.hint ? `; ${options.hint}` : ''}`);
  }
}

/**
 * A fingerprint of files, folders taken whole.
 * @param {string[]} paths relative to the checkout
 */
function fingerprint(paths) {
  const hash = createHash('sha256');
  /** @param {string} path */
  const add = (path) => {
    const entries = existsSync(join(root, path)) ? listFolder(path) : undefined;
    if (entries === undefined) {
      hash.update(`${path}\0`);
      if (existsSync(join(root, path))) hash.update(readFileSync(join(root, path)));
      return;
    }
    for (const entry of entries) {
      if (entry !== 'dist' && entry !== 'node_modules') add(join(path, entry));
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

/**
 * Names in a folder, sorted; undefined for a file.
 * @param {string} path
 */
function listFolder(path) {
  try {
    return readdirSync(join(root, path)).sort();
  } catch {
    return undefined;
  }
}

/**
 * Does `work` unless the stamp says that it was done for the same inputs.
 * @param {string} stampPath
 * @param {string} stamp
 * @param {() => void} work
 */
function once(stampPath, stamp, work) {
  const path = join(root, stampPath);
  if (existsSync(path) && readFileSync(path, 'utf8') === stamp) return;
  work();
  writeFileSync(path, stamp);
}

/** Installs the npm packages of the lock file. */
export function installPackages() {
  once('node_modules/.hatchway-setup', fingerprint(['package.json', 'package-lock.json']), () => {
    say('installing npm packages (once)');
    run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
      hint: 'is the npm registry reachable?',
    });
    if (!existsSync(pinnedNode)) {
      fail("the npm package 'node' brought no Node for this machine; run 'npm rebuild node'");
    }
  });
}

/** Builds the page into web/dist. */
export function buildPage() {
  const inputs = ['web', 'src/wire', 'package-lock.json'];
  once('web/dist/.hatchway-built', fingerprint(inputs), () => {
    say('building the page');
    run(pinnedNode, ['node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn']);
  });
}

/** What tests start, and the Debian package that brings it. */
const testPrograms = [
  { program: '/usr/sbin/nginx', package: 'nginx-light' },
  { program: '/usr/sbin/dockerd', package: 'docker.io' },
  { program: '/usr/bin/docker', package: 'docker.io' },
  { program: '/usr/bin/chromium', package: 'chromium' },
  { program: '/bin/busybox', package: 'busybox-static' },
  { program: '/usr/bin/openssl', package: 'openssl' },
  { program: '/usr/bin/curl', package: 'curl' },
  { program: '/usr/bin/slowhttptest', package: 'slowhttptest' },
  { program: '/usr/bin/python3', package: 'python3' },
  { program: '/usr/lib/python3/dist-packages/websockets', package: 'python3-websockets' },
  { program: '/usr/lib/python3/dist-packages/autobahn', package: 'python3-autobahn' },
];

/** What benchmarks start beside that. */
export const benchPrograms = [
  { program: '/usr/bin/wrk', package: 'wrk' },
  { program: '/usr/sbin/haproxy', package: 'haproxy' },
  { program: '/usr/bin/caddy', package: 'caddy' },
];

/**
 * Installs the Debian packages that are missing, without starting their services; when not root, names them and fails.
 * @param {{ program: string, package: string }[]} [more]
 */
export function installDebianPackages(more = []) {
  const missing = [
    ...new Set(
      [...testPrograms, ...more].filter((p) => !existsSync(p.program)).map((p) => p.package),
    ),
  ];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    fail(`Debian packages are missing; install them: sudo apt-get install ${missing.join(' ')}`);
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  // The way Debian has for "install, but start nothing": invoke-rc.d and deb-systemd-invoke ask this file.
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['-q', 'update'], { env });
    run('apt-get', ['-q', '-y', 'install', '--no-install-recommends', ...missing], { env });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/**
 * Runs a program in the foreground until it ends, passing signals on, and ends with its exit code.
 * @param {string} command
 * @param {string[]} args
 */
export function become(command, args) {
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const child = spawn(command, args, { cwd: process.cwd(), stdio: 'inherit', env });
  // A terminal sends SIGINT to the whole group, the child included: passing it on would end the child twice over.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
