/**
 * A set of objects that come and go all the time, such as connections: each keeps its place in it, and nothing else is made.
 *
 * A `Set` makes itself a new table each time its free places are used up. Those of a set that lives long are among V8's old
 * objects, the abandoned ones too, and until the next full collection they keep alive whatever was in them: of short
 * connections nearly each one was in such a table once, and each collection of young objects copied them all, with all that
 * hangs on them, for nothing.
 */

export class Roster<Member extends object> implements Iterable<Member> {
  /** Where a member keeps its place; an object may be in several rosters. */
  readonly #place = Symbol('place');
  readonly #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  has(member: Member): boolean {
    return this.#placeOf(member) !== undefined;
  }

  /** Nothing happens to one who is a member already. */
  add(member: Member): void {
    if (this.has(member)) return;
    this.#setPlace(member, this.#members.push(member) - 1);
  }

  /** Nothing happens to one who is no member. */
  delete(member: Member): void {
    const place = this.#placeOf(member);
    const last = this.#members.at(-1);
    if (place === undefined || last === undefined) return;
    this.#members[place] = last;
    this.#setPlace(last, place);
    this.#members.pop();
    this.#setPlace(member, undefined);
  }

  /** Those that are members at the beginning, in no particular order; who is deleted meanwhile is left out. */
  *[Symbol.iterator](): Generator<Member, void, undefined> {
    for (const member of this.#members.slice()) if (this.has(member)) yield member;
  }

  #placeOf(member: Member): number | undefined {
    return (member as Placed)[this.#place];
  }

  #setPlace(member: Member, place: number | undefined): void {
    (member as Placed)[this.#place] = place;
  }
}

type Placed = { [place: symbol]: number | undefined };
