/**
 * The header or trailer fields of one message: names as sent, values trimmed, in the order of the wire.
 *
 * Strings have one character a byte (latin1). What a field means is for others; this file only finds fields and reads
 * comma-separated lists.
 */
import { bitSetIds, idOfLowerName } from './known-names.ts';

export class Fields {
  /** `[name, value, name, value, …]` */
  readonly flat: readonly string[];
  /** One `known-names` number a field; 0 for a name without one. */
  readonly #ids: readonly number[];
  /** Bit n: a field with number n < `bitSetIds` is there. */
  readonly #present: number;
  /** Bit n: it is there more than once. */
  readonly #repeated: number;

  /** For readers, which have the numbers and bit sets at hand. Others use `Fields.of`. */
  constructor(flat: readonly string[], ids: readonly number[], present: number, repeated: number) {
    this.flat = flat;
    this.#ids = ids;
    this.#present = present;
    this.#repeated = repeated;
  }

  /** The fields of a flat array of names and values. */
  static of(flat: readonly string[]): Fields {
    const ids: number[] = [];
    let present = 0;
    let repeated = 0;
    for (let i = 0; i < flat.length; i += 2) {
      const id = idOfLowerName((flat[i] as string).toLowerCase());
      ids.push(id);
      if (id !== 0 && id < bitSetIds) {
        repeated |= present & (1 << id);
        present |= 1 << id;
      }
    }
    return new Fields(flat, ids, present, repeated);
  }

  /** How many fields there are. */
  get count(): number {
    return this.#ids.length;
  }

  /** The `known-names` number of the field at `index` (0 … count-1); 0 when its name has none. */
  idAt(index: number): number {
    return this.#ids[index] as number;
  }

  /** The value of the first field of that name, which is given in lower case; undefined when there is none. */
  get(lowerName: string): string | undefined {
    const index = this.#indexOf(lowerName, 0);
    return index === -1 ? undefined : this.flat[index * 2 + 1];
  }

  /** The values of all fields of that name, which is given in lower case. */
  all(lowerName: string): readonly string[] {
    let index = this.#indexOf(lowerName, 0);
    if (index === -1) return none;
    const values: string[] = [];
    for (; index !== -1; index = this.#indexOf(lowerName, index + 1)) {
      values.push(this.flat[index * 2 + 1] as string);
    }
    return values;
  }

  /** Whether there is a field of that name, which is given in lower case. */
  has(lowerName: string): boolean {
    return this.#indexOf(lowerName, 0) !== -1;
  }

  /** The value of the first field with this number below `bitSetIds`; undefined, at once, when there is none. */
  getById(id: number): string | undefined {
    if ((this.#present & (1 << id)) === 0) return undefined;
    return this.flat[this.#ids.indexOf(id) * 2 + 1];
  }

  /** Whether several fields have this number below `bitSetIds`. */
  isRepeated(id: number): boolean {
    return (this.#repeated & (1 << id)) !== 0;
  }

  #indexOf(lowerName: string, from: number): number {
    const id = idOfLowerName(lowerName);
    if (id !== 0) {
      if (id < bitSetIds && (this.#present & (1 << id)) === 0) return -1;
      return this.#ids.indexOf(id, from);
    }
    const flat = this.flat;
    for (let i = from * 2; i < flat.length; i += 2) {
      const name = flat[i] as string;
      if (name.length === lowerName.length && name.toLowerCase() === lowerName) return i / 2;
    }
    return -1;
  }
}

const none: readonly string[] = [];

/** No fields: the trailers of nearly every message. */
export const noFields: Fields = Fields.of([]);

/** A set of field names that is asked about fields by their place, without lower-casing names that have a number. */
export class FieldNameSet {
  readonly #byId = new Uint8Array(256);
  readonly #others = new Set<string>();

  constructor(lowerNames: readonly string[]) {
    for (const name of lowerNames) {
      const id = idOfLowerName(name);
      if (id === 0) this.#others.add(name);
      else this.#byId[id] = 1;
    }
  }

  /** Whether the name of the field at `index` (0 … count-1) is in the set. */
  hasAt(fields: Fields, index: number): boolean {
    const id = fields.idAt(index);
    if (id !== 0) return this.#byId[id] === 1;
    return (
      this.#others.size > 0 && this.#others.has((fields.flat[index * 2] as string).toLowerCase())
    );
  }
}

/**
 * The elements of a comma-separated list, trimmed, in lower case and without empty ones, over all `values` of a field.
 * For lists of tokens: a quoted string with a comma in it is not kept together. Source: RFC 9110, 5.6.1.
 */
export function tokensOf(values: readonly string[]): readonly string[] {
  const tokens: string[] = [];
  for (const value of values) {
    for (const element of value.split(',')) {
      const token = trimOws(element).toLowerCase();
      if (token !== '') tokens.push(token);
    }
  }
  return tokens;
}

/** Whether a comma-separated list has an element that equals `token`, which is given in lower case. */
export function listHasToken(value: string, token: string): boolean {
  if (value.length === token.length) return value.toLowerCase() === token;
  if (value.length < token.length) return false;
  for (let start = 0; start <= value.length; ) {
    const comma = value.indexOf(',', start);
    const end = comma === -1 ? value.length : comma;
    if (trimOws(value.slice(start, end)).toLowerCase() === token) return true;
    start = end + 1;
  }
  return false;
}

/** Without the spaces and tabs at both ends; nothing else is whitespace in HTTP. */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
