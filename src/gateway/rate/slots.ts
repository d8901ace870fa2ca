/** So many at a time and no more: tunnels, of all listeners together. Knows no sockets. */
export class Slots {
  readonly #limit: number;
  #taken = 0;

  /** Default: no limit. */
  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes one and returns true, unless all are taken. Every true needs one `release`. */
  acquire(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  release(): void {
    this.#taken--;
  }
}
