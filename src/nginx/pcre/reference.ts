/**
 * Back references that mean the same in both languages.
 *
 * In PCRE a reference to a group that is not set makes the match fail; in JavaScript it matches the empty text. So it may only
 * point to a group that is always set by then: one that stands before it, cannot be passed by, and is in the same alternative.
 */

/** A group, while it is read and after. */
export class Frame {
  readonly parent: Frame | undefined;
  /** Which of the parent's alternatives it stands in, from 0. */
  readonly branchInParent: number;
  /** The alternative that is being read; once closed, the last one. */
  branch = 0;
  isClosed = false;
  /** It can be passed by: `?`, `*`, `{0,…}`, or a negative assertion. */
  isOptional = false;

  constructor(parent?: Frame) {
    this.parent = parent;
    this.branchInParent = parent?.branch ?? 0;
  }
}

export class BackReference {
  readonly offset: number;
  /** A group's number, from 1, or its name. */
  readonly target: number | string;
  /** The groups around the reference, with the alternative it stands in. */
  readonly #around = new Map<Frame, number>();
  /** The groups that were complete before it. */
  readonly #closed: ReadonlySet<Frame>;

  constructor(offset: number, target: number | string, frame: Frame, captures: readonly Frame[]) {
    this.offset = offset;
    this.target = target;
    this.#closed = new Set(captures.filter((capture) => capture.isClosed));
    let branch = frame.branch;
    for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
      this.#around.set(at, branch);
      branch = at.branchInParent;
    }
  }

  /** Whether the group is set whenever the reference is reached. To be asked when the whole pattern has been read. */
  isAlwaysSet(group: Frame): boolean {
    if (!this.#closed.has(group)) return false;
    for (let at = group; at.parent !== undefined; at = at.parent) {
      if (at.isOptional) return false;
      const branchHere = this.#around.get(at.parent);
      if (branchHere !== undefined) return branchHere === at.branchInParent;
      if (at.parent.branch !== 0) return false;
    }
    return true;
  }
}
