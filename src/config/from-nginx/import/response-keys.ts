/** What is changed of answers, as the keys of hatchway.yaml. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { present, unlessEmpty } from '../../compile/present.ts';
import type { redirectsOf } from '../../compile/response.ts';
import type {
  AttributeChange,
  CookieModel,
  ErrorPageModel,
  RedirectModel,
  ResponseModel,
} from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import { fromText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type ResponseFields = NonNullable<NonNullable<SiteInput['headers']>['response']>;
type CookieInput = NonNullable<SiteInput['upstreamCookies']>;
type PageInput = NonNullable<SiteInput['errorPages']>[number];

export type ResponseKeys = Pick<
  SiteInput,
  'upstreamRedirects' | 'upstreamCookies' | 'expires' | 'errorPages' | 'interceptErrors'
> & { readonly response?: ResponseFields };

/** nginx keeps these to itself; nothing else looks at them. */
export const ownHidden: ReadonlySet<string> = new Set([
  'x-pad',
  'x-accel-expires',
  'x-accel-redirect',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
]);

/** What redirects of an upstream become, and what hatchway.yaml does with them by itself. */
export type RedirectContext = {
  readonly anyway: ReturnType<typeof redirectsOf>;
  /** Beginnings that no upstream sends, since it never hears of another host than the browser's. */
  readonly unheard: ReadonlySet<string>;
};

/** @param redirects undefined where there is no upstream */
export function responseKeys(
  response: ResponseModel | undefined,
  redirects: RedirectContext | undefined,
): ResponseKeys {
  return present({
    response: response === undefined ? undefined : fieldsInput(response, redirects !== undefined),
    upstreamRedirects:
      redirects === undefined ? undefined : redirectsInput(response?.redirects ?? [], redirects),
    upstreamCookies: redirects === undefined ? undefined : cookiesInput(response?.cookies),
    expires: expiresInput(response?.expires),
    errorPages: pagesInput(response?.errorPages),
    interceptErrors: response?.intercept,
  });
}

function fieldsInput(response: ResponseModel, hasUpstream: boolean): ResponseFields | undefined {
  const add: Record<string, string | string[]> = {};
  const addOnSuccess: Record<string, string | string[]> = {};
  const names = new Map<string, string>();
  for (const { name, value, always } of response.addHeaders ?? []) {
    const fields = always ? add : addOnSuccess;
    const known = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), known);
    const earlier = fields[known];
    const text = templateText(value);
    fields[known] = earlier === undefined ? text : [earlier, text].flat();
  }
  const hidden = hasUpstream ? (response.hideHeaders ?? []) : [];
  const remove = hidden.filter((name) => !ownHidden.has(name));
  return unlessEmpty(
    present({
      add: unlessEmpty(add),
      addOnSuccess: unlessEmpty(addOnSuccess),
      remove: remove.length === 0 ? undefined : remove,
    }),
  );
}

function redirectsInput(
  redirects: readonly RedirectModel[],
  { anyway, unheard }: RedirectContext,
): ResponseKeys['upstreamRedirects'] {
  const said = redirects.map(textsOf).filter(([from]) => !unheard.has(from));
  const own = anyway.map(textsOf).filter(([from]) => !unheard.has(from));
  // What is done anyway is done behind everything else.
  const isDone = own.length > 0 && isDeepStrictEqual(said.slice(-own.length), own);
  const changes: Record<string, string> = {};
  for (const [from, to] of isDone ? said.slice(0, -own.length) : said) changes[from] ??= to;
  return unlessEmpty({ ...changes, ...(isDone || own.length === 0 ? {} : { default: 'off' }) });
}

function textsOf(redirect: RedirectModel): readonly [from: string, to: string] {
  const from = redirect.kind === 'regex' ? redirect.regex : redirect.from;
  return [fromText(from), templateText(redirect.to)];
}

function cookiesInput(cookies: CookieModel | undefined): CookieInput | undefined {
  if (cookies === undefined) return undefined;
  const { domains, paths, flags = [] } = cookies;
  return unlessEmpty(
    present({
      path: changesInput(paths),
      domain: changesInput(domains),
      flags: unlessEmpty(
        Object.fromEntries(
          flags.map((one) => [fromText(one.name), [...one.flags] as never]),
        ) as NonNullable<CookieInput['flags']>,
      ),
    }),
  );
}

function changesInput(
  changes: readonly AttributeChange[] | undefined,
): Record<string, string> | undefined {
  const texts: Record<string, string> = {};
  for (const { from, to } of changes ?? []) texts[fromText(from)] ??= templateText(to);
  return unlessEmpty(texts);
}

function expiresInput(expires: ResponseModel['expires']): SiteInput['expires'] {
  if (expires === undefined) return undefined;
  const when = templateText(expires.when);
  return expires.sinceModified === true ? { when, sinceModified: true } : when;
}

function pagesInput(pages: readonly ErrorPageModel[] | undefined): PageInput[] | undefined {
  const inputs = (pages ?? []).map(({ statuses, to, status }): PageInput => {
    const as = status === 'from-page' ? ('page' as const) : status;
    const [only, ...more] = statuses;
    const one = only !== undefined && more.length === 0 ? only : [...statuses];
    return { status: one, to: templateText(to), ...present({ as }) };
  });
  return inputs.length === 0 ? undefined : inputs;
}
