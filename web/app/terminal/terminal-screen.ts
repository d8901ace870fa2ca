/**
 * The terminal on the page: xterm.js with what surrounds it. Takes a session's output as bytes, gives what is typed as
 * bytes, and keeps itself as large as its place. Knows neither sessions nor React.
 *
 * It stays with xterm's DOM renderer: quick enough for a person, the same on every machine, and readable by whatever
 * reads the page.
 */
import { FitAddon } from '@xterm/addon-fit';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { TerminalSink } from '../../attach/viewer.ts';
import { copyText } from '../clipboard.ts';
import { isTerminalReport } from './terminal-reports.ts';
import { followScheme } from './terminal-theme.ts';

/** A window being dragged larger settles; a program that redraws for each size in between only flickers. */
const resizeSettleMs = 80;

const fontFamily =
  'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

/** At 1 the underscores of common fonts fall out of their row; more tears the lines of boxes apart. */
const lineHeight = 1.1;

export type TerminalScreenHandlers = {
  onInput(bytes: Uint8Array): void;
  onResize(cols: number, rows: number): void;
  /** The person wants out with the keyboard (WCAG 2.1.2). */
  onLeave(): void;
};

const utf8 = new TextEncoder();

export class TerminalScreen implements TerminalSink {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #place: HTMLElement;
  readonly #handlers: TerminalScreenHandlers;
  readonly #undos: (() => void)[] = [];
  /** Whether each write that waits to be parsed is past, oldest first: the first one is being parsed. */
  readonly #writes: boolean[] = [];
  #settle = 0;

  /** Opens in `place`, at its size. */
  constructor(place: HTMLElement, handlers: TerminalScreenHandlers) {
    this.#place = place;
    this.#handlers = handlers;
    this.#terminal = new Terminal({
      fontFamily,
      fontSize: 14,
      lineHeight,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      cursorBlink: false,
      macOptionIsMeta: true,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(
      new WebLinksAddon((_event, uri) => window.open(uri, '_blank', 'noopener,noreferrer')),
    );
    this.#terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    this.#terminal.onData((data) => this.#onData(data));
    // Mouse reports of the oldest kind: one character is one byte.
    this.#terminal.onBinary((data) =>
      this.#handlers.onInput(Uint8Array.from(data, (char) => char.charCodeAt(0))),
    );
    this.#undos.push(
      followScheme((theme) => {
        this.#terminal.options.theme = theme;
        place.style.background = theme.background ?? '';
      }),
    );
    this.#terminal.open(place);
    this.#terminal.textarea?.setAttribute('aria-description', 'Ctrl+Shift+E leaves the terminal');
    this.#fitNow(false);
    const observer = new ResizeObserver(() => {
      window.clearTimeout(this.#settle);
      this.#settle = window.setTimeout(() => this.#fitNow(), resizeSettleMs);
    });
    observer.observe(place);
    this.#undos.push(() => observer.disconnect());
  }

  get cols(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  set screenReaderMode(on: boolean) {
    this.#terminal.options.screenReaderMode = on;
  }

  /** Off when nobody listens any more: the screen stays readable, typing does nothing. */
  set acceptsInput(on: boolean) {
    this.#terminal.options.disableStdin = !on;
    this.#terminal.options.cursorStyle = on ? 'block' : 'underline';
  }

  focus(): void {
    this.#terminal.focus();
  }

  dispose(): void {
    window.clearTimeout(this.#settle);
    for (const undo of this.#undos) undo();
    this.#terminal.dispose();
  }

  write(bytes: Uint8Array, past: boolean, done: () => void): void {
    this.#enqueue(bytes, past, done);
  }

  redraw(cols: number, rows: number, bytes: Uint8Array, done: () => void): void {
    // RIS, as output, takes its turn behind what is still to be parsed; a call of reset() would overtake it.
    this.#enqueue('\x1bc', true, () => this.#terminal.resize(cols, rows));
    this.#enqueue(bytes, true, () => {
      this.#fitNow();
      done();
    });
  }

  #enqueue(data: Uint8Array | string, past: boolean, done: () => void): void {
    this.#writes.push(past);
    this.#terminal.write(data, () => {
      this.#writes.shift();
      done();
    });
  }

  #onData(data: string): void {
    if (this.#writes[0] === true && isTerminalReport(data)) return;
    this.#handlers.onInput(utf8.encode(data));
  }

  /** False keeps xterm from the key, which then belongs to the page. */
  #onKey(event: KeyboardEvent): boolean {
    const over = this.#terminal.options.disableStdin === true;
    if (over && (event.key === 'Enter' || event.key === 'Escape')) return false;
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true;
    switch (event.code) {
      case 'KeyE':
        event.preventDefault();
        this.#handlers.onLeave();
        return false;
      case 'KeyC':
        if (!this.#terminal.hasSelection()) return true;
        event.preventDefault();
        void copyText(this.#terminal.getSelection());
        return false;
      default:
        return true;
    }
  }

  /** Takes the size of its place; whoever made it is told, except while it is being made. */
  #fitNow(tell = true): void {
    // A hidden or collapsed place has no size worth telling anybody.
    if (this.#place.clientWidth === 0 || this.#place.clientHeight === 0) return;
    const size = this.#fit.proposeDimensions();
    if (size === undefined || !Number.isInteger(size.cols) || !Number.isInteger(size.rows)) return;
    if (size.cols === this.#terminal.cols && size.rows === this.#terminal.rows) return;
    this.#terminal.resize(size.cols, size.rows);
    if (tell) this.#handlers.onResize(size.cols, size.rows);
  }
}
