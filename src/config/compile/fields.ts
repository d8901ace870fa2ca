/** Header fields that are set, added and removed, of a site and on top of it of a route. */
import type { ForwardModel, ResponseModel } from '../route-model.ts';
import type { SiteConfig } from '../schema.ts';

type Headers = NonNullable<SiteConfig['headers']>;
type SetHeaders = NonNullable<ForwardModel['setHeaders']>;
type AddHeaders = NonNullable<ResponseModel['addHeaders']>;

/** What is said of fields, the outer first. */
export type FieldLevels<Direction extends keyof Headers> = readonly Headers[Direction][];

export function fieldLevels<Direction extends keyof Headers>(
  direction: Direction,
  site: Headers | undefined,
  route: Headers | undefined,
): FieldLevels<Direction> {
  const own = route?.[direction];
  return own?.inherit === false ? [own] : [site?.[direction], own];
}

/**
 * Of the request. Later ones win over earlier ones of the same name; an empty value leaves the field out.
 *
 * @param secured lower-case names that no client may use
 * @param copied from another server's answer; they win over everything
 */
export function requestFields(
  levels: FieldLevels<'request'>,
  secured: Iterable<string>,
  copied: SetHeaders,
): SetHeaders {
  const fields = new Map<string, readonly SetHeaders[number][]>();
  for (const name of secured) fields.set(name, [{ name, value: [] }]);
  for (const level of levels) {
    for (const name of level?.remove ?? []) fields.set(name, [{ name, value: [] }]);
    const set = Map.groupBy(level?.set ?? [], ({ name }) => name.toLowerCase());
    for (const [name, values] of set) fields.set(name, values);
  }
  for (const field of copied) fields.set(field.name, [field]);
  return [...fields.values()].flat();
}

/** Of the answer. What a route sets or removes takes the place of what its site does with the name. */
export function responseFields(levels: FieldLevels<'response'>): {
  readonly add: AddHeaders;
  readonly hide: readonly string[];
} {
  const changes = new Map<string, { hide: boolean; add: AddHeaders[number][] }>();
  for (const level of levels) {
    const { set = [], add = [], addOnSuccess = [], remove = [] } = level ?? {};
    for (const name of [...remove, ...set.map((field) => field.name.toLowerCase())]) {
      changes.set(name, { hide: true, add: [] });
    }
    const all = [
      ...[...set, ...add].map((field) => ({ ...field, always: true })),
      ...addOnSuccess.map((field) => ({ ...field, always: false })),
    ];
    for (const field of all) {
      const lower = field.name.toLowerCase();
      const change = changes.get(lower) ?? { hide: false, add: [] };
      changes.set(lower, change);
      change.add.push(field);
    }
  }
  const all = [...changes];
  return {
    add: all.flatMap(([, change]) => change.add),
    hide: all.flatMap(([name, change]) => (change.hide ? [name] : [])),
  };
}
