/**
 * Password files as nginx reads them (ngx_http_auth_basic_module): `user:hash` a line, the first line of a user counts,
 * `#` begins a comment. Read on first use, and again when they have changed. Knows no hashes.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { codeOf } from '../../base/errors.ts';
import { gatewayError } from '../errors.ts';

/** How long a file is taken to be unchanged, in milliseconds. */
const unchangedMs = 1000;

/** Files that are kept: their paths may have variables in them, so clients may choose. */
const mostFiles = 100;

/** Of one file, in bytes: a hundred thousand users. */
const mostBytes = 16 * 1024 * 1024;

/** Chooses decoys; see `Users.decoy`. */
const decoyKey = createSecretKey(randomBytes(32));

export class Users {
  readonly #hashes = new Map<string, string>();
  readonly #all: readonly string[];

  /** @param text one character a byte */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const colon = line.indexOf(':');
      if (colon < 1 || line.startsWith('#') || line.startsWith('\r')) continue;
      const user = line.slice(0, colon);
      if (!this.#hashes.has(user))
        this.#hashes.set(user, line.slice(colon + 1).split(/[:\r]/, 1)[0] ?? '');
    }
    this.#all = [...this.#hashes.values()];
  }

  hashOf(user: string): string | undefined {
    return this.#hashes.get(user);
  }

  /**
   * Somebody's hash, always the same for the same name: checking it takes as long for a user who is not there as it would for
   * one who is. Undefined in an empty file.
   */
  decoyFor(user: string): string | undefined {
    const digest = createHmac('sha256', decoyKey).update(user).digest();
    return this.#all[digest.readUInt32BE(0) % this.#all.length];
  }
}

type KnownFile = { stamp: string; users: Users; lookedAt: number };

export class UsersFiles {
  /** The least recently used first. */
  readonly #files = new Map<string, KnownFile>();
  readonly #now: () => number;

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Throws `HW_USERS_FILE_MISSING` or `HW_USERS_FILE`, with the path in the message.
   * @param path one character a byte
   */
  users(path: string): Users {
    const known = this.#files.get(path);
    this.#files.delete(path);
    const file = this.#current(path, known);
    this.#files.set(path, file);
    if (this.#files.size > mostFiles) {
      for (const oldest of this.#files.keys()) {
        this.#files.delete(oldest);
        break;
      }
    }
    return file.users;
  }

  #current(path: string, known: KnownFile | undefined): KnownFile {
    const now = this.#now();
    if (known !== undefined && now - known.lookedAt < unchangedMs) return known;
    const bytes = Buffer.from(path, 'latin1');
    try {
      // Of a change within the same tick of the file system's clock, the time alone would not tell.
      const { mtimeMs, ctimeMs, size, ino } = statSync(bytes);
      if (size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`);
      const stamp = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
      if (known?.stamp === stamp) return { ...known, lookedAt: now };
      return { stamp, users: new Users(readFileSync(bytes, 'latin1')), lookedAt: now };
    } catch (error) {
      const missing = codeOf(error) === 'ENOENT';
      const reason = error instanceof Error ? error.message : String(error);
      throw gatewayError(
        missing ? 'HW_USERS_FILE_MISSING' : 'HW_USERS_FILE',
        `file of users ${bytes.toString()} cannot be read: ${reason}`,
        { cause: error },
      );
    }
  }
}
