/** Header fields that are set, added and removed, of a site and on top of it of a route. */
import type { ForwardModel, ResponseModel } from '../route-model.ts';
import type { SiteConfig } from '../schema.ts';

type Headers = SiteConfig['headers'];
type SetHeaders = NonNullable<ForwardModel['setHeaders']>;
type AddHeaders = NonNullable<ResponseModel['addHeaders']>;

/**
 * Of the request. Later ones win over earlier ones of the same name; an empty value leaves the field out.
 *
 * @param secured lower-case names that no client may use
 * @param copied from another server's answer; they win over everything
 */
export function requestFields(
  levels: readonly Headers[],
  secured: Iterable<string>,
  copied: SetHeaders,
): SetHeaders {
  const fields = new Map<string, SetHeaders[number]>();
  for (const name of secured) fields.set(name, { name, value: [] });
  for (const level of levels) {
    for (const name of level?.request?.remove ?? []) fields.set(name, { name, value: [] });
    for (const field of level?.request?.set ?? []) fields.set(field.name.toLowerCase(), field);
  }
  for (const field of copied) fields.set(field.name, field);
  return [...fields.values()];
}

/** Of the answer. What a route sets or removes takes the place of what its site does with the name. */
export function responseFields(levels: readonly Headers[]): {
  readonly add: AddHeaders;
  readonly hide: readonly string[];
} {
  const changes = new Map<string, { hide: boolean; add: AddHeaders[number][] }>();
  for (const level of levels) {
    const { set = [], add = [], remove = [] } = level?.response ?? {};
    for (const name of [...remove, ...set.map((field) => field.name.toLowerCase())]) {
      changes.set(name, { hide: true, add: [] });
    }
    for (const { name, value } of [...set, ...add]) {
      const lower = name.toLowerCase();
      const change = changes.get(lower) ?? { hide: false, add: [] };
      changes.set(lower, change);
      change.add.push({ name, value, always: true });
    }
  }
  const all = [...changes];
  return {
    add: all.flatMap(([, change]) => change.add),
    hide: all.flatMap(([name, change]) => (change.hide ? [name] : [])),
  };
}
