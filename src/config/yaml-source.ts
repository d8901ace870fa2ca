/**
 * A YAML file as a value, with the place of every key and value in it. Knows nothing of what the keys mean.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { ConfigPath, ConfigProblem, Finding } from './problem.ts';

export class YamlSource {
  readonly file: string;
  /** Plain data; undefined when the file cannot be read as YAML, an empty mapping when it is empty. */
  readonly value: unknown;
  /** What is wrong with it as YAML. */
  readonly problems: readonly ConfigProblem[];
  readonly #document: Document.Parsed;
  /** Offset of the first character of each line. */
  readonly #lineStarts: readonly number[];

  /** @param file its name, for messages */
  constructor(file: string, text: string) {
    this.file = file;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    this.#document = parseDocument(text, { prettyErrors: false });
    const { errors, warnings } = this.#document;
    // Two keys of one name leave a document that can be read; behind any other error the rest is guessed.
    const broken = Math.min(
      ...errors.filter((one) => !isDuplicateKey(one)).map((one) => one.pos[0]),
    );
    // What is wrong at one place is told once: the second is what follows from the first.
    const told = [...errors, ...warnings].filter(
      ({ pos: [offset] }, index, all) =>
        offset <= broken && all.findIndex(({ pos }) => pos[0] === offset) === index,
    );
    const strange = this.#strangeNodes().filter((one) => one.offset < broken);
    this.problems = [
      ...told.map((one) => this.#fromItsBeginning(inWords(one, this.#textAt(one.pos[0])), one)),
      ...strange,
    ].map(({ offset, message, hint }) => this.#problem(offset, message, hint));
    const isReadable = strange.length === 0 && broken === Number.POSITIVE_INFINITY;
    this.value = isReadable ? (this.#document.toJS({ maxAliasCount: -1 }) ?? {}) : undefined;
  }

  /** The finding with the place of its path; of the closest thing around it when the path does not exist. */
  locate(finding: Finding): ConfigProblem {
    const { path, at = 'value', message, hint } = finding;
    return this.#problem(this.#offsetOf(path, at), message, hint);
  }

  /** The line of a path, from 1. */
  lineOf(path: ConfigPath): number {
    return this.#placeOf(this.#offsetOf(path, 'value')).line;
  }

  #offsetOf(path: ConfigPath, at: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      // What may be a list is read as one when it stands alone.
      if (step === 0 && isMap(node)) continue;
      const found = this.#child(node, step);
      if (found === undefined) break;
      const isLast = depth === path.length - 1;
      const named = isLast && at === 'key' ? found.key : (found.value ?? found.key);
      offset = named?.range?.[0] ?? offset;
      node = found.value;
    }
    return offset;
  }

  #child(
    node: Node | null,
    step: string | number,
  ): { key: Node | null; value: Node | null } | undefined {
    const parent = isAlias(node) ? node.resolve(this.#document) : node;
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && `${item.key.value}` === step);
      if (pair === undefined) return undefined;
      return { key: nodeOrNull(pair.key), value: nodeOrNull(pair.value) };
    }
    if (!isSeq(parent) || typeof step !== 'number') return undefined;
    const item = nodeOrNull(parent.items[step]);
    return item === null ? undefined : { key: null, value: item };
  }

  /** What YAML allows and no configuration means: references into nothing or into themselves, mappings as keys. */
  #strangeNodes(): Oddity[] {
    const oddities: Oddity[] = [];
    visit(this.#document, {
      Alias: (_, alias, ancestors) => {
        const offset = alias.range?.[0] ?? 0;
        const anchored = alias.resolve(this.#document);
        if (anchored === undefined) {
          const message = `\`*${alias.source}\` refers to nothing`;
          const hint = `a value that begins with * needs quotes: "*${alias.source}"`;
          oddities.push({ offset, message, hint });
        } else if (ancestors.includes(anchored)) {
          oddities.push({ offset, message: `\`*${alias.source}\` contains itself` });
        }
      },
      Pair: (_, { key }) => {
        if (isScalar(key)) return;
        const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
        const hint = 'quote it if it is meant so';
        oddities.push({ offset, message: 'a key must be a word', hint });
      },
    });
    return oddities;
  }

  /** A quote that is not closed is told where it begins: it ends where the file does. */
  #fromItsBeginning(oddity: Oddity, { code, message }: YAMLError): Oddity {
    if (code !== 'MISSING_CHAR' || !message.includes('quote')) return oddity;
    let { offset } = oddity;
    visit(this.#document, {
      Scalar: (_, { type, range }) => {
        const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
        if (isQuoted && range != null && range[0] < oddity.offset) offset = range[0];
      },
    });
    return { ...oddity, offset };
  }

  #textAt(offset: number): string {
    let text = '';
    visit(this.#document, {
      Scalar: (_, scalar) => {
        if (scalar.range?.[0] === offset) text = `${scalar.value}`;
      },
    });
    return text;
  }

  #problem(offset: number, message: string, hint?: string): ConfigProblem {
    const place = { file: this.file, ...this.#placeOf(offset) };
    return { ...place, message, ...(hint === undefined ? {} : { hint }) };
  }

  #placeOf(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] as number) + 1 };
  }
}

/** Something wrong, in words, with its offset in the text. */
type Oddity = { readonly offset: number; readonly message: string; readonly hint?: string };

function isDuplicateKey(error: YAMLError): boolean {
  return error.code === 'DUPLICATE_KEY';
}

function nodeOrNull(value: unknown): Node | null {
  return isNode(value) ? value : null;
}

/** The library's messages suit people who know its inside; these are the mistakes people make. */
function inWords(error: YAMLError, text: string): Oddity {
  const [offset] = error.pos;
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { offset, message: `key \`${text}\` is given twice`, hint: 'remove one of them' };
    case 'TAB_AS_INDENT':
      return { offset, message: 'a tab is used to indent', hint: 'YAML indents with spaces' };
    case 'BAD_SCALAR_START':
      return { offset, message: `${sentence(error.message)}`, hint: 'put the value in quotes' };
    case 'MULTIPLE_DOCS':
      return { offset, message: 'a second document begins here', hint: 'remove the line with ---' };
    case 'BAD_INDENT':
      return {
        offset,
        message: `not YAML: ${sentence(error.message)}`,
        hint: /flow/i.test(error.message)
          ? 'close what begins with [ or { in the same line, or indent what is in it further'
          : 'indent what belongs together alike: the keys of one mapping begin in one column, and so do the dashes of one list',
      };
    case 'MISSING_CHAR':
      return {
        offset,
        message: `not YAML: ${sentence(error.message)}`,
        hint: /quote/.test(error.message)
          ? 'close the quote in the line in which it begins'
          : 'add it, or put the value in quotes',
      };
    case 'UNEXPECTED_TOKEN':
      return {
        offset,
        message: `not YAML: ${sentence(error.message)}`,
        hint: 'a value that begins with [, {, *, &, ! or % needs quotes, as in "[::1]:8022"',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        offset,
        message: 'not YAML: this value seems to go on in the next line, as a mapping',
        hint: 'indent the next line as this one when it is a key beside it; a value with ": " in it needs quotes',
      };
    default:
      return {
        offset,
        message: `not YAML: ${sentence(error.message)}`,
        hint: 'look at the indentation and the quotes of this line and of the one above it',
      };
  }
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
