/**
 * The header or trailer fields of one message: names as sent, values trimmed, in the order of the wire.
 *
 * Strings have one character a byte (latin1). What a field means is for others; this file only finds fields and reads
 * comma-separated lists.
 */
import {
  bitSetIds,
  idOfKnownName,
  idOfLowerName,
  knownNameOf,
  knownNames,
  textOfKnownName,
} from './known-names.ts';

/** Numbers a field takes in `places`: its known name, name start, name end, value start, value end. */
export const placeSize = 5;

export class Fields {
  /** The section that the fields stand in. */
  readonly #text: string;
  /**
   * `placeSize` numbers a field: its `KnownName` (0 without one), then offsets in `#text`. Strings are cut out
   * only when they are asked for: of most fields nobody ever wants to know more than that they are passed on.
   */
  readonly #places: readonly number[];
  /** Bit n: a field with number n < `bitSetIds` is there. */
  readonly #present: number;
  /** Bit n: it is there more than once. */
  readonly #repeated: number;
  /** Whether every line is exactly `Name: value` and the lines follow each other, so that runs of them can be copied. */
  readonly #regular: boolean;
  #flat: readonly string[] | undefined;

  /** For readers. Others use `Fields.of`. */
  constructor(
    text: string,
    places: readonly number[],
    present: number,
    repeated: number,
    regular: boolean,
  ) {
    this.#text = text;
    this.#places = places;
    this.#present = present;
    this.#repeated = repeated;
    this.#regular = regular;
  }

  /** The fields of a flat array of names and values. */
  static of(flat: readonly string[]): Fields {
    let text = '';
    const places: number[] = [];
    let present = 0;
    let repeated = 0;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] as string;
      const value = flat[i + 1] as string;
      const known = knownNameOf(name);
      const id = idOfKnownName(known);
      if (id !== 0 && id < bitSetIds) {
        repeated |= present & (1 << id);
        present |= 1 << id;
      }
      const nameEnd = text.length + name.length;
      const valueStart = nameEnd + 2;
      places.push(known, text.length, nameEnd, valueStart, valueStart + value.length);
      text += `${name}: ${value}\r\n`;
    }
    return new Fields(text, places, present, repeated, true);
  }

  /** `[name, value, name, value, …]` */
  get flat(): readonly string[] {
    this.#flat ??= this.#cutAll();
    return this.#flat;
  }

  /** How many fields there are. */
  get count(): number {
    return this.#places.length / placeSize;
  }

  /** The `known-names` number of the field at `index` (0 … count-1); 0 when its name has none. */
  idAt(index: number): number {
    return idOfKnownName(this.#places[index * placeSize] as number);
  }

  /** The name, as sent, of the field at `index` (0 … count-1). */
  nameAt(index: number): string {
    return this.#nameOf(index * placeSize);
  }

  /** The value of the field at `index` (0 … count-1). */
  valueAt(index: number): string {
    return this.#valueOf(index * placeSize);
  }

  /** The value of the first field of that name, which is given in lower case; undefined when there is none. */
  get(lowerName: string): string | undefined {
    const index = this.#indexOf(idOfLowerName(lowerName), lowerName, 0);
    return index === -1 ? undefined : this.valueAt(index);
  }

  /** The values of all fields of that name, which is given in lower case. */
  all(lowerName: string): readonly string[] {
    const id = idOfLowerName(lowerName);
    let index = this.#indexOf(id, lowerName, 0);
    if (index === -1) return none;
    const values: string[] = [];
    for (; index !== -1; index = this.#indexOf(id, lowerName, index + 1)) {
      values.push(this.valueAt(index));
    }
    return values;
  }

  /** Whether there is a field of that name, which is given in lower case. */
  has(lowerName: string): boolean {
    return this.#indexOf(idOfLowerName(lowerName), lowerName, 0) !== -1;
  }

  /** The index of the first field with this number (not 0); -1, at once for a number below `bitSetIds`, without one. */
  indexOfId(id: number): number {
    return this.#indexOf(id, '', 0);
  }

  /** The value of the first field with this number (not 0); undefined when there is none. */
  getById(id: number): string | undefined {
    const index = this.indexOfId(id);
    return index === -1 ? undefined : this.valueAt(index);
  }

  /** Whether several fields have this number below `bitSetIds`. */
  isRepeated(id: number): boolean {
    return (this.#repeated & (1 << id)) !== 0;
  }

  /** The lines, `Name: value` and CRLF, of all fields whose names are in none of the sets. */
  linesWithout(a: FieldNameSet, b?: FieldNameSet, c?: FieldNameSet): string {
    const places = this.#places;
    const count = this.count;
    let lines = '';
    /** Offset of the first of the lines that are kept and not yet in `lines`; -1 when there is none. */
    let runStart = -1;
    for (let i = 0; i < count; i++) {
      if (a.hasAt(this, i) || b?.hasAt(this, i) || c?.hasAt(this, i)) {
        if (runStart !== -1) {
          lines += this.#text.substring(runStart, places[i * placeSize + 1] as number);
          runStart = -1;
        }
      } else if (!this.#regular) {
        lines += `${this.nameAt(i)}: ${this.valueAt(i)}\r\n`;
      } else if (runStart === -1) {
        runStart = places[i * placeSize + 1] as number;
      }
    }
    if (runStart === -1) return lines;
    const end = (places[places.length - 1] as number) + 2;
    return lines + this.#text.substring(runStart, end);
  }

  #indexOf(id: number, lowerName: string, from: number): number {
    const places = this.#places;
    if (id !== 0) {
      if (id < bitSetIds && (this.#present & (1 << id)) === 0) return -1;
      for (let place = from * placeSize; place < places.length; place += placeSize) {
        if (idOfKnownName(places[place] as number) === id) return place / placeSize;
      }
      return -1;
    }
    for (let index = from; index < this.count; index++) {
      const place = index * placeSize;
      const length = (places[place + 2] as number) - (places[place + 1] as number);
      if (length !== lowerName.length) continue;
      if (this.nameAt(index).toLowerCase() === lowerName) return index;
    }
    return -1;
  }

  #nameOf(place: number): string {
    const places = this.#places;
    return (
      textOfKnownName(places[place] as number) ??
      this.#text.substring(places[place + 1] as number, places[place + 2] as number)
    );
  }

  #valueOf(place: number): string {
    const places = this.#places;
    return this.#text.substring(places[place + 3] as number, places[place + 4] as number);
  }

  #cutAll(): readonly string[] {
    const length = this.#places.length;
    const flat = new Array<string>((length / placeSize) * 2);
    for (let place = 0, i = 0; place < length; place += placeSize, i += 2) {
      flat[i] = this.#nameOf(place);
      flat[i + 1] = this.#valueOf(place);
    }
    return flat;
  }
}

const none: readonly string[] = [];

/** No fields: the trailers of nearly every message. */
export const noFields: Fields = Fields.of([]);

/**
 * A set of field names that is asked about fields by their place, without lower-casing names that have a number.
 * A `_` in a field's name counts as `-`: servers that hand fields on as variables (CGI) do not tell the two apart.
 */
export class FieldNameSet {
  readonly #byId = new Uint8Array(256);
  readonly #names = new Set<string>();
  readonly #prefixes: readonly string[];
  readonly #hasUnderscores: boolean;

  /**
   * Names, and beginnings of names, in lower case and with `-`.
   *
   * @param withUnderscores whether every name with a `_` is in it
   */
  constructor(
    lowerNames: readonly string[],
    lowerPrefixes: readonly string[] = [],
    withUnderscores = false,
  ) {
    this.#prefixes = lowerPrefixes;
    this.#hasUnderscores = withUnderscores;
    for (const name of lowerNames) {
      this.#names.add(name);
      this.#byId[idOfLowerName(name)] = 1;
    }
    if (lowerPrefixes.length === 0) return;
    for (let id = 1; id < knownNames.length; id++) {
      if (this.#hasName(knownNames[id] as string)) this.#byId[id] = 1;
    }
  }

  /** Whether the name of the field at `index` (0 … count-1) is in the set. */
  hasAt(fields: Fields, index: number): boolean {
    const id = fields.idAt(index);
    return id === 0 ? this.#hasName(fields.nameAt(index)) : this.#byId[id] === 1;
  }

  #hasName(name: string): boolean {
    if (this.#hasUnderscores && name.includes('_')) return true;
    const lower = name.toLowerCase().replaceAll('_', '-');
    if (this.#names.has(lower)) return true;
    for (const prefix of this.#prefixes) {
      if (lower.startsWith(prefix)) return true;
    }
    return false;
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
