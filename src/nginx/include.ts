/**
 * A main file and all the files it includes, each read once.
 *
 * nginx starts relative names at the folder of the main file, wherever the `include` stands (`ngx_conf_include`). A name
 * without `*`, `?` and `[` must exist; a pattern may match nothing. An included file is a whole: it cannot close a block of
 * the file that includes it. What the directives mean is `model.ts`'s matter, which walks through includes with `includes`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { NginxError, type Problem, problemAt, problemOf } from './errors.ts';
import { type Folders, glob, isPattern } from './glob.ts';
import { parse } from './parse.ts';
import { type Directive, type Document, placeOfWord, walk } from './tree.ts';

/** Where files are read from: the disk, or in a test and for a pasted configuration, memory. */
export type Files = Folders & {
  /** Throws a system error (`ENOENT`, …). */
  readFile(path: string): string | Uint8Array;
};

/** Where relative names in a configuration start. */
export type Paths = {
  /** Of `include`, certificates and password files: the folder of the main file. */
  readonly confFolder: string;
  /** Of `root`, logs and the rest. nginx has it compiled in; a configuration alone does not say it. */
  readonly prefix: string;
};

export type Configuration = {
  readonly main: Document;
  readonly paths: Paths;
  /** Every file that could be read, by name; the main file first. */
  readonly documents: ReadonlyMap<string, Document>;
  /** What each `include` brings in, in order. A file that is included twice is one document in two lists. */
  readonly includes: ReadonlyMap<Directive, readonly Document[]>;
  /** Files that could not be read, at the `include` that names them or at their own first mistake. */
  readonly problems: readonly Problem[];
};

export type LoadOptions = {
  /**
   * Where relative names start. Default: the folder of the main file. For a file that is itself included by another one
   * (`sites-enabled/x`), give the folder of that one.
   */
  readonly prefix?: string;
  /** Default: the disk. */
  readonly files?: Files;
};

/**
 * Reads a configuration. Names of included files begin as `file` does: relative to the working folder, or absolute.
 *
 * Throws an `NginxError` when the main file cannot be parsed, and a system error when it cannot be read; what is wrong with
 * the others is in `problems`.
 */
export function load(file: string, options: LoadOptions = {}): Configuration {
  const files = options.files ?? disk;
  const prefix = options.prefix ?? dirname(file);
  const loader = new Loader(files, { confFolder: prefix, prefix });
  const main = parse(files.readFile(file), file);
  loader.documents.set(normalize(file), main);
  loader.follow(main, [normalize(file)]);
  const { documents, includes, problems, paths } = loader;
  return { main, paths, documents, includes, problems };
}

/** The same for a text that is in no file, without following its includes. */
export function loadText(text: string | Uint8Array, file: string): Configuration {
  const paths = { confFolder: dirname(file), prefix: dirname(file) };
  const main = parse(text, file);
  return { main, paths, documents: new Map([[file, main]]), includes: new Map(), problems: [] };
}

/** Files that include the next one, in a row; nginx itself runs out of open files some time after. */
const longestChain = 100;

/** A name in a configuration as a path. */
export function resolvePath(folder: string, name: string): string {
  return isAbsolute(name) ? name : join(folder, name);
}

const disk: Files = {
  readFile: (path) => readFileSync(path),
  readFolder: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  },
  exists: existsSync,
};

class Loader {
  readonly documents = new Map<string, Document>();
  readonly includes = new Map<Directive, Document[]>();
  readonly problems: Problem[] = [];
  readonly paths: Paths;
  readonly #files: Files;
  /** Files that were tried and could not be read; said once. */
  readonly #unreadable = new Set<string>();

  constructor(files: Files, paths: Paths) {
    this.#files = files;
    this.paths = paths;
  }

  /** @param chain the files that are being read, outermost first, `document`'s own last */
  follow(document: Document, chain: readonly string[]): void {
    for (const directive of walk(document)) {
      const [name, ...more] = directive.args;
      // A wrong number of arguments is said by check.ts, as for any directive.
      if (directive.name !== 'include' || name === undefined || more.length > 0) continue;
      if (directive.body.kind !== 'semicolon') continue;
      const included: Document[] = [];
      for (const path of this.#pathsOf(name.value)) {
        const inner = this.#include(path, directive, chain);
        if (inner !== undefined) included.push(inner);
      }
      this.includes.set(directive, included);
    }
  }

  #pathsOf(name: string): string[] {
    const path = resolvePath(this.paths.confFolder, name);
    return isPattern(name) ? glob(path, this.#files) : [path];
  }

  #include(path: string, directive: Directive, chain: readonly string[]): Document | undefined {
    const key = normalize(path);
    if (chain.includes(key)) {
      const cycle = [...chain.slice(chain.indexOf(key)), key].join(' → ');
      this.#report(
        directive,
        `"${path}" includes itself: ${cycle}`,
        'remove one of these includes',
      );
      return undefined;
    }
    const known = this.documents.get(key);
    if (known !== undefined || this.#unreadable.has(key)) return known;
    if (chain.length === longestChain) {
      this.#report(directive, `"${path}" is included through ${longestChain} other files`);
      return undefined;
    }
    const document = this.#read(path, directive);
    if (document === undefined) {
      this.#unreadable.add(key);
      return undefined;
    }
    this.documents.set(key, document);
    this.follow(document, [...chain, key]);
    return document;
  }

  #read(path: string, directive: Directive): Document | undefined {
    try {
      return parse(this.#files.readFile(path), path);
    } catch (error) {
      if (error instanceof NginxError) this.problems.push(problemOf(error));
      else this.#report(directive, `"${path}" cannot be included: ${reasonOf(error)}`);
      return undefined;
    }
  }

  #report(directive: Directive, message: string, remedy?: string): void {
    const [name] = directive.args;
    const place = name === undefined ? directive : placeOfWord(directive, name);
    const options = remedy === undefined ? {} : { remedy };
    this.problems.push(problemAt('HW_NGINX_INCLUDE', place, message, options));
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
