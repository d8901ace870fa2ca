/** Tree to text: `print(parse(x)) === x` for every `x` that parses, since every character is owned by one node. */
import type { Directive, Document, Item, Word } from './tree.ts';

export function print(document: Document): string {
  return printItems(document.items) + document.after;
}

/** The file as it was, byte for byte. */
export function printBytes(document: Document): Uint8Array {
  return Buffer.from(print(document), document.encoding);
}

/** One directive with all that is in it, without the spaces and comments before it. */
export function printDirective(directive: Directive): string {
  let text = directive.word.raw;
  for (const arg of directive.args) text += printWord(arg);
  const { body } = directive;
  text += body.before;
  switch (body.kind) {
    case 'semicolon':
      return `${text};`;
    case 'lua':
      return `${text}{${body.code}}`;
    case 'block':
      return `${text}{${printItems(body.items)}${body.closeBefore}}`;
  }
}

function printItems(items: readonly Item[]): string {
  let text = '';
  for (const item of items) {
    text +=
      item.kind === 'comment' ? item.before + item.text : item.word.before + printDirective(item);
  }
  return text;
}

function printWord(word: Word): string {
  return word.before + word.raw;
}
