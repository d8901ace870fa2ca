/**
 * How a configuration file is laid out in lines: what stands alone on one, how deep it is indented, how lines end.
 *
 * What `edit.ts` needs to make new text look like the text around it. Only a line feed ends a line, as for nginx.
 */
import { type Directive, type Document, endOf, itemsIn } from './tree.ts';

/** When a file has no indented line to take it from. */
const defaultIndent = '    ';

/** The lines that a directive stands on. */
export type Lines = {
  /** Index of the first character of its first line. */
  readonly start: number;
  /** Index behind the end of its last line. */
  readonly next: number;
  /** Spaces at the start of its first line. */
  readonly indent: string;
  /** Nothing but spaces stands before it on that line. */
  readonly isFirst: boolean;
  /** What stands behind it on its last line, without the line feed. */
  readonly rest: string;
};

export function linesOf(source: string, directive: Directive): Lines {
  const { offset } = directive.word;
  const end = endOf(directive);
  const start = lineStartAt(source, offset);
  const lineEnd = lineEndAt(source, end);
  const indent = indentOfLine(source, offset);
  return {
    start,
    next: Math.min(lineEnd + 1, source.length),
    indent,
    isFirst: start + indent.length === offset,
    rest: source.slice(end, lineEnd),
  };
}

export function lineStartAt(source: string, offset: number): number {
  return offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1;
}

/** Index of the line feed that ends the line, or the length of the source. */
export function lineEndAt(source: string, offset: number): number {
  const feed = source.indexOf('\n', offset);
  return feed === -1 ? source.length : feed;
}

export function indentOfLine(source: string, offset: number): string {
  const start = lineStartAt(source, offset);
  const [indent] = source.slice(start, offset).match(/^[ \t\r]*/) as RegExpMatchArray;
  return indent;
}

export function behindSpaces(source: string, offset: number): number {
  let at = offset;
  while (source[at] === ' ' || source[at] === '\t') at++;
  return at;
}

/** CRLF or LF, as the line at `offset` ends, or else the one before it. */
export function lineEndNear(source: string, offset: number): string {
  let feed = source.indexOf('\n', offset);
  if (feed === -1) feed = source.lastIndexOf('\n');
  return source[feed - 1] === '\r' ? '\r\n' : '\n';
}

/** Of the first item that begins a line; undefined when none does. */
export function indentOfItems(
  document: Document,
  parent: Directive | Document,
): string | undefined {
  for (const item of itemsIn(parent)) {
    const offset = item.kind === 'comment' ? item.offset : item.word.offset;
    const indent = indentOfLine(document.source, offset);
    if (lineStartAt(document.source, offset) + indent.length === offset) return indent;
  }
  return undefined;
}

/** How much deeper the items of a block stand than the block: as in the first block that shows it. */
export function indentUnit(document: Document): string {
  const pending: (Directive | Document)[] = [document];
  for (let parent = pending.shift(); parent !== undefined; parent = pending.shift()) {
    const inner = indentOfItems(document, parent);
    if (parent.kind === 'directive' && inner !== undefined) {
      const outer = indentOfLine(document.source, parent.word.offset);
      if (inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length);
    }
    pending.push(...itemsIn(parent).filter((item) => item.kind === 'directive'));
  }
  return defaultIndent;
}
