/**
 * The Forwarded field (RFC 7239): one element for each proxy on the way, in their order. Strict, since who wrote it is
 * only known from the order: one element that is wrong makes all of it worthless.
 */

export type ForwardedElement = {
  /** As it stands there, quotes taken off: an address, `[…]` around IPv6, maybe a port; `unknown`; or `_hidden`. */
  readonly for: string | undefined;
  readonly host: string | undefined;
  readonly proto: string | undefined;
};

/** `token=token` or `token="quoted text"` (RFC 7239, 4), at the place where the last one ended. */
const pairPattern =
  /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)")/y;

/** The elements of all fields of that name, the one of the nearest proxy last; undefined when they break the grammar. */
export function parseForwarded(values: readonly string[]): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  for (const value of values) {
    let at = 0;
    while (at <= value.length) {
      const element = new Map<string, string>();
      for (;;) {
        at = skipSpace(value, at);
        pairPattern.lastIndex = at;
        const pair = pairPattern.exec(value);
        if (pair !== null) {
          const name = (pair[1] ?? '').toLowerCase();
          if (element.has(name)) return undefined;
          element.set(name, pair[2] ?? (pair[3] ?? '').replace(/\\(.)/g, '$1'));
          at = skipSpace(value, pairPattern.lastIndex);
        }
        if (value[at] !== ';') break;
        at++;
      }
      if (at < value.length && value[at] !== ',') return undefined;
      at++;
      // Empty elements of a list do not count (RFC 9110, 5.6.1).
      if (element.size > 0) {
        elements.push({
          for: element.get('for'),
          host: element.get('host'),
          proto: element.get('proto'),
        });
      }
    }
  }
  return elements;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}
