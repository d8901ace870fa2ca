/**
 * Changes to a configuration file that touch only their own bytes.
 *
 * A change is a list of `TextEdit`s: data that a finding can carry, that several findings can share a file with, and that
 * nobody has to apply. New lines take the indentation and the line ends of the lines around them. What the directives mean is
 * of no concern here; that the result can still be read is.
 */
import { unifiedDiff } from './diff.ts';
import { NginxError } from './errors.ts';
import {
  behindSpaces,
  indentOfItems,
  indentOfLine,
  indentUnit,
  lineEndAt,
  lineEndNear,
  lineStartAt,
  linesOf,
} from './layout.ts';
import { parse } from './parse.ts';
import { type Directive, type Document, endOf, placeAt } from './tree.ts';
import { encodeWord } from './word.ts';

/** Puts `text` in the place of the characters from `start` up to `end` of the file's source. */
export type TextEdit = {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
};

/** Where new directives go. `start` and `end` are inside the block, or of the whole file. */
export type Spot =
  | { readonly kind: 'before' | 'after'; readonly directive: Directive }
  | { readonly kind: 'start' | 'end'; readonly of: Directive | Document };

/** A file before and after a list of edits. */
export type Change = {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** `after` as it is written to the file, in the encoding the file had. */
  readonly bytes: Uint8Array;
  /** Unified, with the file's name on both sides. */
  readonly diff: string;
};

/**
 * New lines at a spot.
 *
 * @param lines configuration without line ends; inside a block that is itself new, indented by the caller
 */
export function insertLines(document: Document, spot: Spot, lines: readonly string[]): TextEdit {
  switch (spot.kind) {
    case 'before':
      return insertBefore(document, spot.directive, lines);
    case 'after':
      return insertAfter(document, spot.directive, lines);
    case 'start':
    case 'end':
      return spot.of.kind === 'document'
        ? insertInFile(document, spot.kind, lines)
        : insertInBlock(document, spot.kind, spot.of, lines);
  }
}

/** Gives a directive other arguments, quoted where they need it. Arguments that stay the same keep their spelling. */
export function replaceArgs(directive: Directive, values: readonly string[]): TextEdit[] {
  const { file, args, word } = directive;
  if (values.length !== args.length) {
    const start = word.offset + word.raw.length;
    const last = args.at(-1);
    const end = last === undefined ? start : last.offset + last.raw.length;
    return [{ file, start, end, text: values.map((value) => ` ${encodeWord(value)}`).join('') }];
  }
  return args.flatMap((arg, index) => {
    const value = values[index] as string;
    if (value === arg.value) return [];
    const { offset, raw } = arg;
    return [{ file, start: offset, end: offset + raw.length, text: encodeWord(value) }];
  });
}

/** Takes a directive out, with its line when it has one to itself. A comment behind it stays. */
export function removeDirective(document: Document, directive: Directive): TextEdit {
  const { source, file } = document;
  const lines = linesOf(source, directive);
  if (lines.isFirst && lines.rest.trim() === '') {
    return { file, start: lines.start, end: lines.next, text: '' };
  }
  const behind = endOf(directive);
  if (lines.isFirst) {
    return { file, start: directive.word.offset, end: behindSpaces(source, behind), text: '' };
  }
  const { before } = directive.word;
  const isPlain = /^[ \t]*$/.test(before);
  const start = directive.word.offset - (isPlain ? before.length : 0);
  return { file, start, end: behind, text: '' };
}

/** Turns a directive, with all that is in it, into comments. */
export function commentOut(document: Document, directive: Directive): TextEdit {
  const { source, file } = document;
  const lines = linesOf(source, directive);
  const end = endOf(directive);
  const { offset: start } = directive.word;
  const newLine = lineEndNear(source, start) + lines.indent;
  const text = source
    .slice(start, end)
    .split('\n')
    .map((line, index) => {
      if (index === 0) return `# ${line}`;
      if (line.trim() === '') return line;
      return line.startsWith(lines.indent)
        ? `${lines.indent}# ${line.slice(lines.indent.length)}`
        : `# ${line}`;
    })
    .join('\n');
  const lead = lines.isFirst ? '' : newLine;
  if (isBlankOrComment(lines.rest)) return { file, start, end, text: lead + text };
  // More directives on this line: they must not become part of the comment.
  return { file, start, end: behindSpaces(source, end), text: lead + text + newLine };
}

/** The new text of the file. Throws `HW_NGINX_EDIT` when the edits overlap or are of another file. */
export function applyEdits(document: Document, edits: readonly TextEdit[]): string {
  const { source, file } = document;
  // Sorting keeps the order of what is inserted at the same place.
  const ordered = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let text = '';
  let copied = 0;
  for (const edit of ordered) {
    const isInside = edit.start <= edit.end && edit.end <= source.length;
    if (edit.file !== file || !isInside || edit.start < copied) {
      const at = placeAt(file, source, Math.min(edit.start, source.length));
      throw new NginxError(
        'HW_NGINX_EDIT',
        at,
        edit.file === file
          ? 'two changes overlap here, or one reaches beyond the end of the file'
          : `a change to ${edit.file} was to be applied to ${file}`,
      );
    }
    text += source.slice(copied, edit.start) + edit.text;
    copied = edit.end;
  }
  return text + source.slice(copied);
}

/** The file before and after. Throws what `applyEdits` and `parse` throw: a change may not break a file. */
export function changeOf(document: Document, edits: readonly TextEdit[]): Change {
  const { file, source: before, encoding } = document;
  const after = applyEdits(document, edits);
  parse(after, file);
  const bytes = Buffer.from(after, encoding);
  if (bytes.toString(encoding) !== after) {
    throw new NginxError(
      'HW_NGINX_EDIT',
      { file, line: 1, column: 1 },
      'the file is not UTF-8, and the new text has letters that only UTF-8 has',
      { remedy: 'save the file as UTF-8 first' },
    );
  }
  const diff = unifiedDiff(before, after, { oldName: file, newName: file });
  return { file, before, after, bytes, diff };
}

function insertBefore(
  document: Document,
  directive: Directive,
  lines: readonly string[],
): TextEdit {
  const { source, file } = document;
  const { offset } = directive.word;
  const own = linesOf(source, directive);
  const eol = lineEndNear(source, offset);
  if (own.isFirst) return insertion(file, own.start, ownLines(lines, own.indent, eol));
  const text = hasComment(lines) ? inLine(lines, own.indent, eol) : `${lines.join(' ')} `;
  return insertion(file, offset, text);
}

function insertAfter(document: Document, directive: Directive, lines: readonly string[]): TextEdit {
  const { source, file } = document;
  const end = endOf(directive);
  const own = linesOf(source, directive);
  const eol = lineEndNear(source, end);
  if (isBlankOrComment(own.rest)) {
    const isLastLine = source[own.next - 1] !== '\n';
    return isLastLine
      ? insertion(file, own.next, eol + ownLines(lines, own.indent, eol).slice(0, -eol.length))
      : insertion(file, own.next, ownLines(lines, own.indent, eol));
  }
  return insertion(file, end, inLine(lines, own.indent, eol));
}

function insertInFile(
  document: Document,
  side: 'start' | 'end',
  lines: readonly string[],
): TextEdit {
  const { source, file } = document;
  const eol = lineEndNear(source, 0);
  const indent = indentOfItems(document, document) ?? '';
  const text = ownLines(lines, indent, eol);
  if (side === 'start') return insertion(file, 0, text);
  const isOpen = source !== '' && !source.endsWith('\n');
  return insertion(file, source.length, (isOpen ? eol : '') + text);
}

function insertInBlock(
  document: Document,
  side: 'start' | 'end',
  block: Directive,
  lines: readonly string[],
): TextEdit {
  const { source, file } = document;
  const { body } = block;
  if (body.kind !== 'block') {
    throw new NginxError('HW_NGINX_EDIT', block, `the directive "${block.name}" has no block`);
  }
  const open = body.offset + 1;
  const eol = lineEndNear(source, open);
  const outer = indentOfLine(source, block.word.offset);
  const indent = indentOfItems(document, block) ?? outer + indentUnit(document);
  const lineEnd = lineEndAt(source, open);
  if (body.items.length === 0 && lineEnd > body.closeOffset) {
    const text = `${eol}${ownLines(lines, indent, eol)}${outer}`;
    return { file, start: open, end: body.closeOffset, text };
  }
  if (side === 'start') {
    const isOpenLine = lineEnd < body.closeOffset && isBlankOrComment(source.slice(open, lineEnd));
    return isOpenLine
      ? insertion(file, lineEnd + 1, ownLines(lines, indent, eol))
      : insertion(file, open, inLine(lines, indent, eol));
  }
  const closeLine = lineStartAt(source, body.closeOffset);
  if (source.slice(closeLine, body.closeOffset).trim() === '') {
    return insertion(file, closeLine, ownLines(lines, indent, eol));
  }
  const behindItems = body.closeOffset - body.closeBefore.length;
  return insertion(file, behindItems, inLine(lines, indent, eol));
}

function insertion(file: string, offset: number, text: string): TextEdit {
  return { file, start: offset, end: offset, text };
}

/** Each line on a line of its own, with its end. */
function ownLines(lines: readonly string[], indent: string, eol: string): string {
  return lines.map((line) => (line === '' ? eol : indent + line + eol)).join('');
}

/** Behind something, on the same line, unless a comment would swallow what follows. */
function inLine(lines: readonly string[], indent: string, eol: string): string {
  return hasComment(lines)
    ? `${eol}${ownLines(lines, indent, eol)}${indent}`
    : ` ${lines.join(' ')}`;
}

/** Errs on the side of a line break: a `#` may as well be part of a word. */
function hasComment(lines: readonly string[]): boolean {
  return lines.some((line) => line.includes('#'));
}

function isBlankOrComment(text: string): boolean {
  return /^[ \t\r]*(?:#|$)/.test(text);
}
