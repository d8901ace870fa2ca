/**
 * Small container images, as the tar that `docker import` takes: busybox (static) and, where asked for, this machine's
 * own bash with the libraries it needs. Knows nothing of the engine.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

export type ImageContents = {
  /** Shells on PATH. With none of them the image holds a single program that sleeps, as a distroless one would. */
  readonly shells: readonly ('bash' | 'sh')[];
};

/** busybox takes its first argument for the applet when its own name begins with `busybox`. */
const sleeper = '/app/busybox-server';

/** Uid and gid of the user `worker`, the one beside root. */
const workerId = 1000;

/** What runs in a container that was told nothing else. */
export function defaultCommand(contents: ImageContents): string[] {
  return contents.shells.length === 0 ? [sleeper, 'sleep', '1000000'] : ['sleep', '1000000'];
}

/** The root file system of an image as a tar. Needs root, since the files of `worker` belong to it. */
export function imageTar(scope: Scope, contents: ImageContents): Buffer {
  const root = tempFolder(scope, 'image');
  const folder = (path: string, mode = 0o755) => {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
  };
  const copy = (path: string, to = path) => {
    folder(dirname(to));
    copyFileSync(path, join(root, to));
    chmodSync(join(root, to), 0o755);
  };
  chmodSync(root, 0o755);
  folder('etc');
  folder('tmp', 0o1777);
  folder('root', 0o700);
  folder('home/worker');
  chownSync(join(root, 'home/worker'), workerId, workerId);
  const [rootShell = '/bin/false'] = contents.shells.map((shell) => `/bin/${shell}`);
  writeFileSync(
    join(root, 'etc/passwd'),
    `root:x:0:0:root:/root:${rootShell}\nworker:x:${workerId}:${workerId}:worker:/home/worker:${rootShell}\n`,
  );
  writeFileSync(join(root, 'etc/group'), `root:x:0:\nworker:x:${workerId}:\n`);
  if (contents.shells.length === 0) {
    copy('/bin/busybox', sleeper);
  } else {
    copy('/bin/busybox');
    const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const shells = new Set(['sh', 'ash', 'hush', 'busybox']);
    for (const applet of applets) {
      if (!shells.has(applet)) symlinkSync('busybox', join(root, 'bin', applet));
    }
    if (contents.shells.includes('sh')) symlinkSync('busybox', join(root, 'bin/sh'));
    if (contents.shells.includes('bash')) copyBash(copy);
  }
  return execFileSync('tar', ['-C', root, '--numeric-owner', '-cf', '-', '.'], {
    maxBuffer: 64 * 1024 * 1024,
  });
}

function copyBash(copy: (path: string) => void): void {
  copy('/bin/bash');
  const libraries = execFileSync('ldd', ['/bin/bash'], { encoding: 'utf8' });
  for (const [path] of libraries.matchAll(/\/\S+\.so[.\d]*/g)) copy(path);
  // Without it readline takes the terminal for one that can do nothing.
  for (const path of ['/lib/terminfo/x/xterm', '/lib/terminfo/x/xterm-256color']) {
    if (existsSync(path)) copy(path);
  }
}
