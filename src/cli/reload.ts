/**
 * Serving a changed configuration without a restart: on SIGHUP, and when one of its files changes, be that the configuration, a
 * file it includes, or a certificate. A bad one keeps the old one serving, and the log says everything that is wrong with it.
 */
import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { LoadResult } from '../config/load.ts';
import type { GatewayModel } from '../config/model.ts';
import { formatProblem } from '../config/problem.ts';
import { routesOf, sitesOf, upstreamsOf } from '../config/walk.ts';
import { warningsOf } from '../config/warnings.ts';
import type { ReloadFacts } from '../gateway/admin/gateway-view.ts';
import type { Server } from './server.ts';

type Loaded = LoadResult & { readonly ok: true };

/** Editors and certbot write several files, or one in several steps: changes this close together are one. */
const quietMs = 300;

/** Where something changes all the time, this long after the first change nobody waits for quiet any more. */
const longestWaitMs = 2000;

export type ReloaderOptions = {
  readonly server: Server;
  /** What is served now. */
  readonly loaded: Loaded;
  /** Reads the configuration again. */
  readonly load: () => LoadResult;
  readonly log: Log;
};

export class Reloader {
  readonly #options: ReloaderOptions;
  #loaded: Loaded;
  #watchers: FSWatcher[] = [];
  #fingerprint: string;
  #timer: NodeJS.Timeout | undefined;
  /** Of the first change that was not looked at yet, on a clock that never jumps. */
  #changedAt: number | undefined;
  /** One at a time. */
  #running: Promise<void> = Promise.resolve();
  #last: ReloadFacts | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#fingerprint = fingerprintOf(filesOf(options.loaded));
    this.#watch();
  }

  /** Undefined before the first one. */
  get last(): ReloadFacts | undefined {
    return this.#last;
  }

  /** @param why such as `SIGHUP`, for the log */
  reload(why: string): Promise<void> {
    this.#running = this.#running.then(() => this.#reload(why));
    return this.#running;
  }

  /** Watches no more, and resolves when a reload that has begun is over. */
  close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    return this.#running;
  }

  async #reload(why: string): Promise<void> {
    const { load, server, log } = this.#options;
    // Before it is read: what changes meanwhile is another change, and what was found wrong is told once.
    this.#fingerprint = fingerprintOf(filesOf(this.#loaded));
    const found = load();
    if (!found.ok) {
      for (const { message, hint, ...place } of found.problems) {
        log.error({ ...place, ...(hint === undefined ? {} : { hint }) }, message);
      }
      this.#failed(why, found.problems.map((problem) => formatProblem(problem)).join('\n'));
      return;
    }
    // Its parts are made at the start only.
    if (found.config.console.enabled && !this.#loaded.config.console.enabled) {
      this.#failed(
        why,
        'the console was off at the start: restart, or write console.enabled: false',
      );
      return;
    }
    try {
      await server.replace(found.model);
    } catch (error) {
      if (!(error instanceof HatchwayError)) throw error;
      this.#failed(why, `${error.message} [${error.code}]`);
      return;
    }
    for (const { message, ...place } of found.warnings) log.warn(place, message);
    const said = new Set(warningsOf(this.#loaded.model));
    for (const warning of warningsOf(found.model)) if (!said.has(warning)) log.warn({}, warning);
    if (JSON.stringify(found.config.console) !== JSON.stringify(this.#loaded.config.console)) {
      log.warn({}, 'the settings of the console change with the next start only');
    }
    this.#loaded = found;
    this.#fingerprint = fingerprintOf(filesOf(found));
    this.#last = { at: new Date(), succeeded: true };
    for (const watcher of this.#watchers) watcher.close();
    this.#watch();
    log.info({ why, config: found.file }, 'the new configuration is served');
  }

  #failed(why: string, message: string): void {
    this.#last = { at: new Date(), succeeded: false, message };
    this.#options.log.error({ why, reason: message }, 'the old configuration goes on');
  }

  /** Folders and not files: a file that is replaced by another one takes its watcher with it. */
  #watch(): void {
    const files = filesOf(this.#loaded);
    const folders = new Set(files.flatMap(foldersOf));
    const names = new Set(files.flatMap(namesOf));
    this.#watchers = Array.from(folders).flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, (event, name) => {
          // What is written to another file, such as an access log beside the configuration, is no change. A name that comes or
          // goes may be that of a link on the way to a file.
          if (event === 'rename' || name === null || names.has(name)) this.#changed();
        });
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.log.warn({ folder, reason }, 'not watched; send SIGHUP after a change');
        return [];
      }
    });
  }

  #changed(): void {
    const now = performance.now();
    this.#changedAt ??= now;
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, Math.min(quietMs, this.#changedAt + longestWaitMs - now));
    this.#timer = setTimeout(() => {
      this.#changedAt = undefined;
      const fingerprint = fingerprintOf(filesOf(this.#loaded));
      if (fingerprint === this.#fingerprint) return;
      this.#fingerprint = fingerprint;
      void this.reload('a file has changed');
    }, waitMs);
    this.#timer.unref();
  }
}

/** Everything that was read for a configuration, absolute. */
function filesOf({ file, files = [], model }: Loaded): readonly string[] {
  const own = file === undefined ? [] : [file];
  return [...new Set([...own, ...files, ...pemFilesOf(model)].map((path) => resolve(path)))];
}

function pemFilesOf(model: GatewayModel): string[] {
  const files: (string | undefined)[] = [];
  for (const site of sitesOf(model)) {
    const { certificate, moreCertificates = [], tls } = site;
    for (const one of certificate === undefined ? [] : [certificate, ...moreCertificates]) {
      files.push(one.certPath, one.keyPath, one.passwordsPath);
    }
    files.push(tls?.clients?.caPath, tls?.clients?.crlPath);
    for (const route of routesOf(site)) {
      for (const upstream of upstreamsOf(route)) {
        const { caPath, crlPath, certificate: own } = upstream.tls ?? {};
        files.push(caPath, crlPath, own?.certPath, own?.keyPath, own?.passwordsPath);
      }
    }
  }
  return files.filter((path) => path !== undefined);
}

/** Those of the file, and of what it is a link to. */
function foldersOf(path: string): string[] {
  return placesOf(path).map((place) => dirname(place));
}

function namesOf(path: string): string[] {
  return placesOf(path).map((place) => basename(place));
}

function placesOf(path: string): string[] {
  try {
    return [path, realpathSync(path)];
  } catch {
    return [path];
  }
}

function fingerprintOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    try {
      hash.update(readFileSync(file));
    } catch {
      // Gone, perhaps only for a moment: another content than any.
      hash.update('\0gone');
    }
  }
  return hash.digest('hex');
}
