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
  LineCounter,
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
  readonly #lines = new LineCounter();

  /** @param file its name, for messages */
  constructor(file: string, text: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const { errors, warnings } = this.#document;
    const strange = this.#strangeNodes();
    this.problems = [
      ...[...errors, ...warnings].map((error) => this.#yamlProblem(error)),
      ...strange,
    ];
    // A key given twice leaves a readable document; anything else would only make more problems out of one.
    const readable =
      strange.length === 0 && errors.every((error) => error.code === 'DUPLICATE_KEY');
    this.value = readable ? (this.#document.toJS() ?? {}) : undefined;
  }

  /** The finding with the place of its path; of the closest thing around it when the path does not exist. */
  locate(finding: Finding): ConfigProblem {
    const { path, at = 'value', message, hint } = finding;
    return this.#problem(this.#offsetOf(path, at), message, hint);
  }

  /** The line of a path, from 1. */
  lineOf(path: ConfigPath): number {
    return this.#lines.linePos(this.#offsetOf(path, 'value')).line;
  }

  #offsetOf(path: ConfigPath, at: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
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
  #strangeNodes(): ConfigProblem[] {
    const problems: ConfigProblem[] = [];
    visit(this.#document, {
      Alias: (_, alias, ancestors) => {
        const offset = alias.range?.[0] ?? 0;
        const anchored = alias.resolve(this.#document);
        if (anchored === undefined) {
          const message = `\`*${alias.source}\` refers to nothing`;
          problems.push(
            this.#problem(
              offset,
              message,
              `a value that begins with * needs quotes: "*${alias.source}"`,
            ),
          );
        } else if (ancestors.includes(anchored)) {
          problems.push(this.#problem(offset, `\`*${alias.source}\` contains itself`));
        }
      },
      Pair: (_, pair) => {
        if (isScalar(pair.key)) return;
        const offset = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
        problems.push(this.#problem(offset, 'a key must be a word', 'quote it if it is meant so'));
      },
    });
    return problems;
  }

  #yamlProblem(error: YAMLError): ConfigProblem {
    const [offset] = error.pos;
    const { message, hint } = inWords(error, this.#textAt(offset));
    return this.#problem(offset, message, hint);
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
    const { line, col } = this.#lines.linePos(offset);
    const place = { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
    return { ...place, message, ...(hint === undefined ? {} : { hint }) };
  }
}

function nodeOrNull(value: unknown): Node | null {
  return isNode(value) ? value : null;
}

/** The library's messages suit people who know its inside; these are the mistakes people make. */
function inWords(error: YAMLError, text: string): { message: string; hint?: string } {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { message: `key \`${text}\` is given twice`, hint: 'remove one of them' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used to indent', hint: 'YAML indents with spaces' };
    case 'BAD_SCALAR_START':
      return { message: `${sentence(error.message)}`, hint: 'put the value in quotes' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second document begins here', hint: 'remove the line with ---' };
    case 'UNEXPECTED_TOKEN':
      return {
        message: `not YAML: ${sentence(error.message)}`,
        hint: 'a value that begins with [, {, *, &, ! or % needs quotes, as in "[::1]:8022"',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: `not YAML: ${sentence(error.message)}`,
        hint: 'a value with ": " in it needs quotes; a mapping begins on the next line',
      };
    default:
      return { message: `not YAML: ${sentence(error.message)}` };
  }
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
