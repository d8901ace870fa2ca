/**
 * Whether the files can be used that an nginx.conf names: certificates, keys, authorities, revocation lists, users, logs. Each is
 * looked at where it is written, as `nginx -t` does; what the configuration means is somebody else's matter.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HatchwayError } from '../base/errors.ts';
import { effective } from '../nginx/effective.ts';
import { type Level, levelsIn, type Setting, settingsNamed } from '../nginx/level.ts';
import type { NginxModel } from '../nginx/model.ts';
import { placeOfWord, type Word } from '../nginx/tree.ts';
import { readCertificate, readPrivateKey, readRevocationLists, whyNot } from './certificate.ts';
import { dateWarning } from './certificate-dates.ts';
import { configError } from './errors.ts';
import { logFileProblem } from './file-checks.ts';
import { isWritten } from './from-nginx/undone-values.ts';
import type { ConfigProblem } from './problem.ts';

export type FileProblems = {
  readonly problems: readonly ConfigProblem[];
  /** Of certificates that are not valid, or soon will not be. */
  readonly warnings: readonly ConfigProblem[];
};

/** Each place once. Relative paths are relative to the prefix of the configuration. */
export function checkNginxFiles(
  { configuration, main }: Pick<NginxModel, 'configuration' | 'main'>,
  now = new Date(),
): FileProblems {
  const checker = new Checker(resolve(configuration.paths.prefix), now);
  for (const level of levelsIn(main)) {
    if (level.kind !== 'data' && level.kind !== 'foreign') checker.check(level);
  }
  return checker;
}

/** Directives for TLS towards clients, and the same for upstreams. */
const sides = ['ssl', 'proxy_ssl'] as const;

class Checker implements FileProblems {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  readonly #prefix: string;
  readonly #now: Date;
  /** Files that are dated have one warning, however many places name them. */
  readonly #dated = new Set<string>();

  constructor(prefix: string, now: Date) {
    this.#prefix = prefix;
    this.#now = now;
  }

  check(level: Level): void {
    for (const side of sides) this.#checkPairs(level, side);
    for (const name of ['ssl_client', 'ssl_trusted', 'proxy_ssl_trusted']) {
      for (const setting of settingsNamed(level, `${name}_certificate`)) {
        this.#open(setting, (path) => this.#certificate(setting, path));
      }
    }
    for (const name of ['ssl_crl', 'proxy_ssl_crl']) {
      for (const setting of settingsNamed(level, name)) this.#open(setting, readRevocationLists);
    }
    for (const setting of settingsNamed(level, 'auth_basic_user_file')) {
      this.#open(setting, checkReadable);
    }
    this.#checkLog(level);
  }

  /** Of several logs the first one is written. */
  #checkLog(level: Level): void {
    const said = settingsNamed(level, 'access_log').find(({ directive }) => isWritten(directive));
    const path = said?.directive.args[0]?.value === 'off' ? undefined : said;
    const file = path === undefined ? undefined : this.#pathOf(path);
    const problem = file === undefined ? undefined : logFileProblem(file);
    if (path === undefined || problem === undefined) return;
    this.#add(path, problem.message, problem.hint ?? '');
  }

  /** One key for each certificate, in the order of both. */
  #checkPairs(level: Level, side: (typeof sides)[number]): void {
    const certificates = settingsNamed(level, `${side}_certificate`);
    // A key alone belongs to a certificate of an outer block, which has been looked at there.
    const keys = effective(level, `${side}_certificate_key`).settings;
    const passphrases = effective(level, `${side}_password_file`).settings[0];
    const opened = passphrases === undefined ? undefined : this.#pathOf(passphrases);
    for (const [index, setting] of certificates.entries()) {
      const certificate = this.#open(setting, (path) => this.#certificate(setting, path));
      const key = keys[index];
      if (key === undefined) continue;
      const privateKey = this.#open(key, (path) => readPrivateKey(path, opened));
      if (certificate === undefined || privateKey === undefined) continue;
      if (certificate.checkPrivateKey(privateKey)) continue;
      this.#add(
        key,
        `the key in ${this.#pathOf(key)} does not belong to the certificate in ${this.#pathOf(setting)}`,
        'the certificate comes first in its file, before those of its issuers; is it the right one?',
      );
    }
  }

  #certificate(setting: Setting, path: string) {
    const certificate = readCertificate(path);
    const message = this.#dated.has(path) ? undefined : dateWarning(path, this.#now);
    this.#dated.add(path);
    if (message !== undefined) {
      const hint = 'renew it; the file is read again when it changes';
      this.warnings.push({ ...placeOf(setting), message, hint });
    }
    return certificate;
  }

  /** What `read` makes of the file; undefined when that is a problem, or the path is computed. */
  #open<Value>(setting: Setting, read: (path: string) => Value): Value | undefined {
    const path = this.#pathOf(setting);
    if (path === undefined) return undefined;
    try {
      return read(path);
    } catch (error) {
      if (!(error instanceof HatchwayError)) throw error;
      this.#add(setting, error.message, error.remedy);
      return undefined;
    }
  }

  #add(setting: Setting, message: string, hint: string): void {
    const place = placeOf(setting);
    const isTold = this.problems.some(
      (one) => one.message === message && one.line === place.line && one.file === place.file,
    );
    if (!isTold) this.problems.push({ ...place, message, hint });
  }

  #pathOf({ directive }: Setting): string | undefined {
    const [word] = directive.args;
    if (
      word === undefined ||
      word.value.includes('$') ||
      /^(?:data|engine|store):/.test(word.value)
    ) {
      return undefined;
    }
    return resolve(this.#prefix, word.value);
  }
}

function placeOf({ directive }: Setting): Pick<ConfigProblem, 'file' | 'line' | 'column'> {
  const { file, line, column } = placeOfWord(directive, directive.args[0] as Word);
  return { file, line, column };
}

/** Throws `HW_CONFIG_INVALID`. */
function checkReadable(path: string): void {
  const remedy =
    'check the path, which is relative to the folder of the configuration or --prefix, and who may read it';
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw configError('HW_CONFIG_INVALID', `${path} cannot be read: ${whyNot(cause)}`, {
      remedy,
      cause,
    });
  }
  if (!statSync(path).isDirectory()) return;
  throw configError('HW_CONFIG_INVALID', `${path} cannot be read: it is a folder`, { remedy });
}
