/**
 * The directives an installed nginx really has, read from the command tables in its executable.
 *
 * nginx exports its modules' descriptions for dynamic modules to link with; each points to an array of `ngx_command_t`
 * (src/core/ngx_conf_file.h): name, allowed places and argument counts as bits, setter. The pointers are filled in by the
 * dynamic loader, so they are taken from the relocation table. 64-bit little-endian ELF, as on amd64 and arm64.
 */
import { readFileSync } from 'node:fs';
import { type Context, many } from '../directives/spec.ts';

export const nginxPath = '/usr/sbin/nginx';

export type BinaryCommand = {
  readonly name: string;
  readonly contexts: readonly Context[];
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly hasBlock: boolean;
  /** The function that takes the arguments, such as `ngx_conf_set_flag_slot`; undefined when it is private to its module. */
  readonly setter: string | undefined;
  /** The words that an enumeration or bit mask takes. */
  readonly words: readonly string[];
};

/** Module types: four letters, read as a number. */
const coreModules = new Set(['CORE', 'CONF']);
const eventModule = 'EVNT';
const httpModule = 'HTTP';

/** `ngx_command_t.type`: one bit for each number of arguments, then these. */
const takesBlock = 0x100;
const takesFlag = 0x200;
const takesAny = 0x400;
const takesOneOrMore = 0x800;
const takesTwoOrMore = 0x1000;

const httpContexts: readonly (readonly [bit: number, context: Context])[] = [
  [0x02000000, 'http'],
  [0x04000000, 'server'],
  [0x08000000, 'location'],
  [0x10000000, 'upstream'],
  [0x20000000, 'server-if'],
  [0x40000000, 'location-if'],
  [0x80000000, 'limit_except'],
];

/** Bytes: of `ngx_module_t` and `ngx_command_t`, and where in a module its commands and type stand. */
const moduleSize = 200;
const commandSize = 56;
const commandsOffset = 64;
const typeOffset = 72;

export function readCommands(path = nginxPath): BinaryCommand[] {
  const elf = new Elf(readFileSync(path));
  return elf.symbols
    .filter(({ name, size }) => size === moduleSize && /^ngx_.*_module$/.test(name))
    .flatMap(({ address }) => commandsOf(elf, address));
}

function commandsOf(elf: Elf, module: number): BinaryCommand[] {
  const type = elf.text(module + typeOffset, 4);
  const known = coreModules.has(type) || type === eventModule || type === httpModule;
  let address = elf.pointer(module + commandsOffset);
  const commands: BinaryCommand[] = [];
  if (!known || address === undefined) return commands;
  for (; elf.integer(address) > 0; address += commandSize) {
    const bits = elf.integer(address + 16);
    const setterAddress = elf.pointer(address + 24);
    const setter = setterAddress === undefined ? undefined : elf.names.get(setterAddress);
    const isEnumeration = /_(?:enum|bitmask)_slot$/.test(setter ?? '');
    commands.push({
      name: elf.text(elf.pointer(address + 8) as number, elf.integer(address)),
      contexts: contextsOf(type, bits),
      ...argsOf(bits),
      hasBlock: (bits & takesBlock) !== 0,
      setter,
      words: isEnumeration ? wordsAt(elf, elf.pointer(address + 48)) : [],
    });
  }
  return commands;
}

function contextsOf(type: string, bits: number): Context[] {
  if (coreModules.has(type)) return ['main'];
  if (type === eventModule) return ['events'];
  return httpContexts.filter(([bit]) => (bits & bit) !== 0).map(([, context]) => context);
}

function argsOf(bits: number): { minArgs: number; maxArgs: number } {
  if ((bits & takesAny) !== 0) return { minArgs: 0, maxArgs: many };
  if ((bits & takesOneOrMore) !== 0) return { minArgs: 1, maxArgs: many };
  if ((bits & takesTwoOrMore) !== 0) return { minArgs: 2, maxArgs: many };
  if ((bits & takesFlag) !== 0) return { minArgs: 1, maxArgs: 1 };
  const counts = [0, 1, 2, 3, 4, 5, 6, 7].filter((count) => (bits & (1 << count)) !== 0);
  return { minArgs: Math.min(...counts), maxArgs: Math.max(...counts) };
}

/** An array of a string and a number each, ended by an empty string. */
function wordsAt(elf: Elf, start: number | undefined): string[] {
  const words: string[] = [];
  for (let address = start; address !== undefined && elf.integer(address) > 0; address += 24) {
    words.push(elf.text(elf.pointer(address + 8) as number, elf.integer(address)));
  }
  return words;
}

/** Section types and relocation types that matter here. */
const sectionWithoutBytes = 8;
const dynamicSymbols = 11;
const relocations = 4;
/** R_X86_64_RELATIVE, R_AARCH64_RELATIVE: the addend alone; others add it to a symbol's address. */
const relativeTypes = new Set([8, 1027]);

type Section = {
  type: number;
  address: number;
  offset: number;
  size: number;
  link: number;
};

class Elf {
  readonly symbols: { name: string; address: number; size: number }[] = [];
  /** Names of the symbols, by address. */
  readonly names = new Map<number, string>();
  readonly #bytes: Buffer;
  readonly #sections: Section[] = [];
  /** What the loader writes at an address. */
  readonly #pointers = new Map<number, number>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const table = this.#number(0x28);
    const entrySize = bytes.readUInt16LE(0x3a);
    const count = bytes.readUInt16LE(0x3c);
    for (let index = 0; index < count; index++) {
      const at = table + index * entrySize;
      this.#sections.push({
        type: bytes.readUInt32LE(at + 4),
        address: this.#number(at + 16),
        offset: this.#number(at + 24),
        size: this.#number(at + 32),
        link: bytes.readUInt32LE(at + 40),
      });
    }
    const addresses = this.#readSymbols();
    this.#readRelocations(addresses);
  }

  /** The 64-bit number at an address, if it fits in 53 bits. */
  integer(address: number): number {
    return this.#number(this.#offsetOf(address));
  }

  text(address: number, length: number): string {
    const offset = this.#offsetOf(address);
    return this.#bytes.toString('latin1', offset, offset + length);
  }

  pointer(address: number): number | undefined {
    return this.#pointers.get(address);
  }

  #readSymbols(): number[] {
    const addresses: number[] = [];
    for (const section of this.#sections) {
      if (section.type !== dynamicSymbols) continue;
      const strings = (this.#sections[section.link] as Section).offset;
      for (let at = section.offset; at < section.offset + section.size; at += 24) {
        const start = strings + this.#bytes.readUInt32LE(at);
        const name = this.#bytes.toString('latin1', start, this.#bytes.indexOf(0, start));
        const isDefined = this.#bytes.readUInt16LE(at + 6) !== 0;
        const address = this.#number(at + 8);
        addresses.push(address);
        if (!isDefined) continue;
        this.symbols.push({ name, address, size: this.#number(at + 16) });
        this.names.set(address, name);
      }
    }
    return addresses;
  }

  #readRelocations(symbolAddresses: readonly number[]): void {
    for (const section of this.#sections) {
      if (section.type !== relocations) continue;
      for (let at = section.offset; at < section.offset + section.size; at += 24) {
        const type = this.#bytes.readUInt32LE(at + 8);
        const symbol = this.#bytes.readUInt32LE(at + 12);
        const base = relativeTypes.has(type) ? 0 : (symbolAddresses[symbol] as number);
        this.#pointers.set(this.#number(at), base + this.#number(at + 16));
      }
    }
  }

  #offsetOf(address: number): number {
    const section = this.#sections.find(
      ({ type, address: start, size }) =>
        type !== sectionWithoutBytes && start !== 0 && address >= start && address < start + size,
    );
    if (section === undefined) throw new Error(`nothing is stored at 0x${address.toString(16)}`);
    return address - section.address + section.offset;
  }

  #number(offset: number): number {
    return Number(this.#bytes.readBigUInt64LE(offset));
  }
}
