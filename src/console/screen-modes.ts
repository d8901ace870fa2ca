/**
 * What a terminal remembers beside its cells: modes, scroll region, cursor, mouse reports, line-drawing characters.
 *
 * xterm's serialiser writes the modes that `terminal.modes` has and leaves out the rest, without which vim scrolls its
 * status line away and htop gets clicks that it cannot read; the rest is learnt here from the sequences that change it,
 * through the parser's public hooks. Knows no session.
 */
import type { IFunctionIdentifier, Terminal } from '@xterm/headless';
import type { Undo } from '../base/disposables.ts';

/** DECSET 1049: to the alternate buffer, in which full-screen programs draw. */
export const toAlternate = '\x1b[?1049h';

type Params = readonly (number | number[])[];

/** Rows from 1, both inclusive, as DECSTBM has them. */
type ScrollRegion = { readonly top: number; readonly bottom: number };

/** What DECSC keeps, as far as it can be learnt: not the colours. `line` counts from the top of the scrollback. */
type SavedCursor = { readonly col: number; readonly line: number; readonly lineDrawing: boolean };

/** DEC private modes that save the cursor when set and restore it when reset. */
const cursorSavingModes = new Set([1048, 1049]);

/** DEC private modes that say how mouse reports are encoded; the last one set holds. */
const mouseEncodings = new Set([1005, 1006, 1015, 1016]);

const mouseTracking = {
  none: '',
  x10: '\x1b[?9h',
  vt200: '\x1b[?1000h',
  drag: '\x1b[?1002h',
  any: '\x1b[?1003h',
} as const;

const cursorVisibleMode = 25;

export class ScreenModes {
  readonly #terminal: Terminal;
  readonly #undos: Undo[] = [];
  #cursorHidden = false;
  #cursorStyle = 0;
  #mouseEncoding = 0;
  #lineDrawing = false;
  /** Undefined: the whole screen. Each buffer has its own. */
  readonly #regions: Record<'normal' | 'alternate', ScrollRegion | undefined> = {
    normal: undefined,
    alternate: undefined,
  };
  readonly #saved: Record<'normal' | 'alternate', SavedCursor | undefined> = {
    normal: undefined,
    alternate: undefined,
  };

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#onPrivateMode('h', true);
    this.#onPrivateMode('l', false);
    this.#onControl({ final: 'r' }, ([top, bottom]) => this.#setRegion(top, bottom));
    this.#onControl({ intermediates: ' ', final: 'q' }, ([style]) => {
      this.#cursorStyle = numberOf(style);
    });
    this.#onControl({ intermediates: '!', final: 'p' }, () => this.#softReset());
    this.#onControl({ final: 's' }, () => this.#save());
    this.#onControl({ final: 'u' }, () => this.#restore());
    this.#onEscape({ final: '7' }, () => this.#save());
    this.#onEscape({ final: '8' }, () => this.#restore());
    this.#onEscape({ final: 'c' }, () => this.#fullReset());
    this.#onEscape({ intermediates: '(', final: '0' }, () => {
      this.#lineDrawing = true;
    });
    for (const final of ['A', 'B']) {
      this.#onEscape({ intermediates: '(', final }, () => {
        this.#lineDrawing = false;
      });
    }
    this.#own(
      terminal.buffer.onBufferChange(({ type }) => {
        if (type === 'normal') this.#regions.alternate = undefined;
      }),
    );
    this.#own(terminal.onResize(() => this.#forgetRegions()));
  }

  /** The switch to the alternate buffer, which saves the cursor, with what the normal one is left with. */
  serializeSwitch(): string {
    const region = this.#regions.normal;
    const { cursorX, cursorY } = this.#terminal.buffer.normal;
    const place = `\x1b[${cursorY + 1};${cursorX + 1}H`;
    const before = region === undefined ? '' : regionSequence(region) + place;
    return this.#saved.normal?.lineDrawing === true
      ? `${before}\x1b(0${toAlternate}\x1b(B`
      : before + toAlternate;
  }

  /** What brings an otherwise restored terminal to the same modes. To be written last: it places the cursor anew. */
  serialize(): string {
    const { buffer, modes } = this.#terminal;
    const region = this.#regions[buffer.active.type];
    let text = '';
    if (modes.applicationCursorKeysMode) text += '\x1b[?1h';
    if (modes.applicationKeypadMode) text += '\x1b[?66h';
    if (modes.bracketedPasteMode) text += '\x1b[?2004h';
    if (modes.insertMode) text += '\x1b[4h';
    if (modes.reverseWraparoundMode) text += '\x1b[?45h';
    if (modes.sendFocusMode) text += '\x1b[?1004h';
    if (!modes.wraparoundMode) text += '\x1b[?7l';
    text += mouseTracking[modes.mouseTrackingMode];
    const saved = this.#saved[buffer.active.type];
    if (saved !== undefined) {
      const row = Math.max(0, saved.line - buffer.active.baseY);
      const place = `\x1b[${row + 1};${saved.col + 1}H`;
      text += saved.lineDrawing ? `${place}\x1b(0\x1b7\x1b(B` : `${place}\x1b7`;
    }
    if (modes.originMode) text += '\x1b[?6h';
    if (region !== undefined) text += regionSequence(region);
    // Each of the three has moved the cursor, and with origin mode the region's first row is row 1.
    if (saved !== undefined || region !== undefined || modes.originMode) {
      const firstRow = modes.originMode ? (region?.top ?? 1) : 1;
      text += `\x1b[${buffer.active.cursorY + 2 - firstRow};${buffer.active.cursorX + 1}H`;
    }
    if (this.#lineDrawing) text += '\x1b(0';
    if (this.#cursorStyle !== 0) text += `\x1b[${this.#cursorStyle} q`;
    if (this.#mouseEncoding !== 0) text += `\x1b[?${this.#mouseEncoding}h`;
    if (this.#cursorHidden) text += '\x1b[?25l';
    return text;
  }

  dispose(): void {
    for (const undo of this.#undos.splice(0)) undo();
  }

  #own(hook: { dispose(): void }): void {
    this.#undos.push(() => hook.dispose());
  }

  /** Returning false leaves the work to xterm's own handler, which runs next. */
  #onControl(id: IFunctionIdentifier, handle: (params: Params) => void): void {
    this.#own(
      this.#terminal.parser.registerCsiHandler(id, (params) => {
        handle(params);
        return false;
      }),
    );
  }

  #onEscape(id: IFunctionIdentifier, handle: () => void): void {
    this.#own(
      this.#terminal.parser.registerEscHandler(id, () => {
        handle();
        return false;
      }),
    );
  }

  #onPrivateMode(final: 'h' | 'l', on: boolean): void {
    this.#onControl({ prefix: '?', final }, (params) => {
      for (const mode of params) this.#setMode(numberOf(mode), on);
    });
  }

  #setMode(mode: number, on: boolean): void {
    if (mode === cursorVisibleMode) this.#cursorHidden = !on;
    else if (mouseEncodings.has(mode)) this.#mouseEncoding = on ? mode : 0;
    else if (cursorSavingModes.has(mode)) {
      if (on) this.#save();
      else this.#restore(mode === 1049 ? 'normal' : this.#terminal.buffer.active.type);
    }
  }

  #setRegion(first: Params[number] | undefined, last: Params[number] | undefined): void {
    const { rows, buffer } = this.#terminal;
    const top = Math.max(1, numberOf(first));
    const wanted = numberOf(last);
    const bottom = wanted > 0 && wanted <= rows ? wanted : rows;
    if (bottom <= top) return;
    this.#regions[buffer.active.type] = top === 1 && bottom === rows ? undefined : { top, bottom };
  }

  #save(): void {
    const { active } = this.#terminal.buffer;
    this.#saved[active.type] = {
      col: active.cursorX,
      line: active.baseY + active.cursorY,
      lineDrawing: this.#lineDrawing,
    };
  }

  #restore(type = this.#terminal.buffer.active.type): void {
    this.#lineDrawing = this.#saved[type]?.lineDrawing ?? false;
  }

  /** DECSTR. */
  #softReset(): void {
    const { type } = this.#terminal.buffer.active;
    this.#cursorHidden = false;
    this.#lineDrawing = false;
    this.#regions[type] = undefined;
    this.#saved[type] = undefined;
  }

  /** RIS, which in xterm.js leaves a hidden cursor hidden. */
  #fullReset(): void {
    this.#lineDrawing = false;
    this.#cursorStyle = 0;
    this.#mouseEncoding = 0;
    this.#saved.normal = undefined;
    this.#saved.alternate = undefined;
    this.#forgetRegions();
  }

  #forgetRegions(): void {
    this.#regions.normal = undefined;
    this.#regions.alternate = undefined;
  }
}

/** DECSTBM; moves the cursor home. */
function regionSequence({ top, bottom }: ScrollRegion): string {
  return `\x1b[${top};${bottom}r`;
}

/** A parameter of a control sequence; 0 when it is missing or has parts of its own. */
function numberOf(param: Params[number] | undefined): number {
  return typeof param === 'number' ? param : 0;
}
