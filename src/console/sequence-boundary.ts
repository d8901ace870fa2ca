/**
 * Where in a terminal's output the last unfinished sequence begins: a character of several bytes, or an escape sequence.
 *
 * Who takes over at that byte gets the sequence whole; who took over behind it would show its second half as text.
 * Follows the state machine that xterm.js implements (https://vt100.net/emu/dec_ansi_parser) as far as beginnings and
 * ends go. Knows no terminal.
 */

/**
 * `ground`: between two sequences. `character`: within UTF-8. `escape`: behind ESC. `control`: behind CSI.
 * `command`: behind OSC, which BEL may end. `string`: behind DCS, SOS, PM or APC.
 */
type State = 'ground' | 'character' | 'escape' | 'control' | 'command' | 'string';

const bel = 0x07;
const cancel = 0x18;
const substitute = 0x1a;
const esc = 0x1b;

/**
 * A sequence longer than this counts as finished: a program that begins a string and never ends it must not hold the
 * boundary where it is for ever. The longest in use carry a clipboard or a picture.
 */
const maxPendingBytes = 64 * 1024;

export class SequenceBoundary {
  #state: State = 'ground';
  /** Bytes since the beginning of the unfinished sequence; 0 in `ground`. */
  #pending = 0;
  /** Bytes that the character still lacks. */
  #missing = 0;
  /** The last byte was 0xc2: the next one may complete a control character of two bytes (C1). */
  #afterC2 = false;

  /** How many of the bytes seen belong to a sequence that is not finished. */
  get pendingBytes(): number {
    return this.#pending > maxPendingBytes ? 0 : this.#pending;
  }

  push(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      // Nearly all output is text, so this is nearly all that happens.
      if (this.#state === 'ground' && byte < 0x80) {
        if (byte === esc) this.#begin('escape');
        continue;
      }
      this.#step(byte);
    }
  }

  #step(byte: number): void {
    if (byte === esc) {
      this.#begin('escape');
      return;
    }
    const isC1 = this.#afterC2 && byte >= 0x80 && byte <= 0x9f;
    this.#afterC2 = byte === 0xc2;
    this.#pending++;
    if (isC1) {
      this.#control(byte);
      return;
    }
    switch (this.#state) {
      case 'ground':
        this.#beginCharacter(byte);
        return;
      case 'character':
        if ((byte & 0xc0) !== 0x80) this.#beginCharacter(byte);
        else if (--this.#missing === 0) this.#finish();
        return;
      case 'escape':
        this.#escape(byte);
        return;
      case 'control':
        if (byte === cancel || byte === substitute || (byte >= 0x40 && byte <= 0x7e)) {
          this.#finish();
        } else if (byte >= 0x80) {
          this.#beginCharacterWithin(byte);
        }
        return;
      case 'command':
        if (byte === bel || byte === cancel || byte === substitute) this.#finish();
        return;
      case 'string':
        if (byte === cancel || byte === substitute) this.#finish();
        return;
    }
  }

  #escape(byte: number): void {
    const isFirst = this.#pending === 2;
    if (byte === 0x5b && isFirst) this.#state = 'control';
    else if (byte === 0x5d && isFirst) this.#state = 'command';
    else if (isFirst && (byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f)) {
      this.#state = 'string';
    } else if (byte >= 0x80) this.#beginCharacterWithin(byte);
    else if (byte >= 0x30 && byte <= 0x7e) this.#finish();
    else if (byte === cancel || byte === substitute) this.#finish();
  }

  /** A C1 control that came as a character of two bytes; it acts in every state, as ESC does. */
  #control(byte: number): void {
    this.#pending = 2;
    if (byte === 0x9b) this.#state = 'control';
    else if (byte === 0x9d) this.#state = 'command';
    else if (byte === 0x90 || byte === 0x98 || byte === 0x9e || byte === 0x9f) {
      this.#state = 'string';
    } else this.#finish();
  }

  #begin(state: State): void {
    this.#state = state;
    this.#pending = 1;
    this.#afterC2 = false;
  }

  #beginCharacter(byte: number): void {
    this.#pending = 1;
    this.#beginCharacterWithin(byte);
  }

  /** A character breaks off an escape sequence and is swallowed with it, so both are one to whoever takes over. */
  #beginCharacterWithin(byte: number): void {
    this.#missing = continuationBytes(byte);
    if (this.#missing === 0) this.#finish();
    else this.#state = 'character';
  }

  #finish(): void {
    this.#state = 'ground';
    this.#pending = 0;
  }
}

/** How many bytes follow a lead byte (RFC 3629, section 4); none follow what cannot be one. */
function continuationBytes(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
}
