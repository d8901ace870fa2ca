/**
 * What a value of the file takes from elsewhere: `${NAME}` and `${NAME:-default}` from the environment, `file:/path` where
 * the schema says that a value is a secret. Put in before the schema reads anything, so that every key can have it.
 *
 * Names of the environment are in capitals, so that nginx's variables, `${host}`, stay what they are. What was put in may
 * be secret: messages have to go through `conceal`.
 */
import { readFileSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { codeOf } from '../base/errors.ts';
import { whyNot } from './certificate.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { marksAt } from './schema-tree.ts';
import { literalDollar } from './values/template.ts';

export type ReferenceOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The absolute form of a path as written. */
  readonly resolvePath: (path: string) => string;
};

/** `$${` is how `${` is written; a `${` with capitals that is none of the others is a mistake. */
const reference =
  /\$\$\{|\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}|\$\{[A-Z_][A-Z0-9_]*(?!\w)[^}\s]*\}?/g;

/** Shorter values are words of any message, and only concealed where they were put in. */
const shortestConcealed = 4;

/** As many characters of a value in a row are a part of it that a message repeats. */
const partLength = 6;

type PutIn = {
  readonly path: ConfigPath;
  /** In lower case, as some messages have it. */
  readonly value: string;
  readonly pattern: RegExp;
  /** What stands for it in messages. */
  readonly shown: string;
  readonly isShort: boolean;
};

export class References {
  /** What cannot be put in. */
  readonly findings: Finding[] = [];
  /** Absolute paths of what was read, or could not be. */
  readonly files: string[] = [];
  readonly #options: ReferenceOptions;
  readonly #putIn: PutIn[] = [];

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  /** The same value, with what its texts refer to in them. A text that cannot be completed stays as it is. */
  putInto(value: unknown, path: ConfigPath = []): unknown {
    if (typeof value === 'string') return this.#text(value, path);
    if (Array.isArray(value))
      return value.map((item, index) => this.putInto(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, this.putInto(inner, [...path, name])]),
    );
  }

  /** The finding without what was put in. */
  conceal(finding: Finding): Finding {
    const { message, hint } = finding;
    return {
      ...finding,
      message: this.#concealed(message, finding.path),
      ...(hint === undefined ? {} : { hint: this.#concealed(hint, finding.path) }),
    };
  }

  #text(text: string, path: ConfigPath): string {
    const mayRefer = text.includes('${') || text.startsWith('file:');
    if (!mayRefer) return text;
    const marks = marksAt(path);
    const dollar = marks.template ? literalDollar : '$';
    let failed: Finding | undefined;
    const complete = text.replaceAll(reference, (whole, name?: string, fallback?: string) => {
      if (whole === '$${') return `${dollar}{`;
      if (name === undefined) {
        failed ??= malformed(whole, path);
        return whole;
      }
      const value = this.#options.environment[name];
      // As in shells: an empty value is none when there is a default.
      if (fallback !== undefined && (value === undefined || value === '')) return fallback;
      if (value === undefined) {
        failed ??= missing(name, path);
        return whole;
      }
      this.#remember(value, `\${${name}}`, path);
      return value.replaceAll('$', dollar);
    });
    if (failed !== undefined) {
      this.findings.push(failed);
      return text;
    }
    if (!marks.secret || !complete.startsWith('file:')) return complete;
    return this.#contents(complete, path).replaceAll('$', dollar);
  }

  #contents(text: string, path: ConfigPath): string {
    const file = this.#options.resolvePath(text.slice('file:'.length));
    this.files.push(file);
    try {
      const bytes = readFileSync(file);
      const secret = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
      this.#remember(secret, text, path);
      return secret;
    } catch (error) {
      const isEncoding = codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
      this.findings.push({
        path,
        message: isEncoding ? `${file} is not UTF-8` : `${file} cannot be read: ${whyNot(error)}`,
        hint: 'check the path, which is relative to the configuration file, and who may read it',
      });
      return text;
    }
  }

  #remember(value: string, shown: string, path: ConfigPath): void {
    if (value === '') return;
    const forms = new Set([
      value,
      value.replaceAll('$', literalDollar),
      encodeURI(value.toWellFormed()),
    ]);
    const pattern = new RegExp([...forms].map(escaped).join('|'), 'gi');
    this.#putIn.push({
      path,
      value: value.toLowerCase(),
      pattern,
      shown,
      isShort: value.length < shortestConcealed,
    });
  }

  #concealed(text: string, at: ConfigPath): string {
    let concealed = text;
    for (const { path, value, pattern, shown, isShort } of this.#putIn) {
      // One text may be read as a list of one, whose problem is that of its first item.
      const isHere = path.every((step, depth) => at[depth] === step);
      if (isShort && !isHere) continue;
      concealed = concealed.replaceAll(pattern, () => shown);
      if (!isHere) continue;
      // A parser may quote the part that it stumbled over.
      concealed = concealed.replaceAll(/[^\s`]+/g, (word) =>
        hasPartOf(word, value) ? shown : word,
      );
    }
    return concealed;
  }
}

/** Whether a word of a message has a part of a value in it, a URL's scheme aside. */
function hasPartOf(word: string, value: string): boolean {
  const rest = word.toLowerCase().replace(/^https?:\/\//, '');
  for (let start = 0; start + partLength <= rest.length; start++) {
    if (value.includes(rest.slice(start, start + partLength))) return true;
  }
  return false;
}

function malformed(text: string, path: ConfigPath): Finding {
  const name = /[A-Z_][A-Z0-9_]*/.exec(text)?.[0] ?? 'NAME';
  return {
    path,
    message: `\`${text}\` cannot be read as a variable of the environment`,
    hint: `write \${${name}}, or \${${name}:-default}; for the text itself $\${`,
  };
}

function missing(name: string, path: ConfigPath): Finding {
  return {
    path,
    message: `the environment has no variable \`${name}\``,
    hint: `set it where hatchway is started, or write \${${name}:-default}`,
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
