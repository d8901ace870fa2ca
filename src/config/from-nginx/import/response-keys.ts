/** What is changed of answers, as the keys of hatchway.yaml. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import type {
  AttributeChange,
  CookieModel,
  ErrorPageModel,
  ResponseModel,
} from '../../route-model.ts';
import type { Template } from '../../rule-model.ts';
import type { siteSchema } from '../../schema.ts';
import { refusesVariables } from './answer-keys.ts';
import type { ImportReport } from './import-report.ts';
import { type Captures, fromText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type ResponseFields = NonNullable<NonNullable<SiteInput['headers']>['response']>;
type CookieInput = NonNullable<SiteInput['upstreamCookies']>;
type PageInput = NonNullable<SiteInput['errorPages']>[number];

export type ResponseKeys = Pick<
  SiteInput,
  'upstreamRedirects' | 'upstreamCookies' | 'errorPages' | 'interceptErrors'
> & { readonly response?: ResponseFields };

export type ResponseContext = {
  readonly level: Level;
  readonly captures: Captures;
  readonly report: ImportReport;
  /** Beginnings of redirects that need not be said: nothing sends them, or hatchway.yaml changes them by itself. */
  readonly knownRedirects: ReadonlySet<string>;
};

/** nginx keeps these to itself; nothing else looks at them. */
const ownHidden: ReadonlySet<string> = new Set([
  'x-pad',
  'x-accel-expires',
  'x-accel-redirect',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
]);

export function responseKeys(
  response: ResponseModel | undefined,
  context: ResponseContext,
): ResponseKeys {
  if (response === undefined) return {};
  return present({
    response: fieldsInput(response, context),
    upstreamRedirects: redirectsInput(response, context),
    upstreamCookies: cookiesInput(response.cookies, context),
    errorPages: pagesInput(response.errorPages, context),
    interceptErrors: response.intercept,
  });
}

function fieldsInput(
  response: ResponseModel,
  context: ResponseContext,
): ResponseFields | undefined {
  const add: Record<string, string | string[]> = {};
  for (const { name, value, always } of response.addHeaders ?? []) {
    if (isRefused(value, 'add_header', context)) continue;
    if (!always) {
      context.report.differs(
        context.level,
        'add_header',
        'nginx adds this to successful answers and redirects only; the result adds it to every answer',
      );
    }
    const earlier = add[name];
    const text = templateText(value);
    add[name] = earlier === undefined ? text : [earlier, text].flat();
  }
  const remove = (response.hideHeaders ?? []).filter((name) => !ownHidden.has(name));
  return unlessEmpty(
    present({ add: unlessEmpty(add), remove: remove.length === 0 ? undefined : remove }),
  );
}

function redirectsInput(
  { redirects = [] }: ResponseModel,
  context: ResponseContext,
): ResponseKeys['upstreamRedirects'] {
  const changes: Record<string, string> = {};
  for (const redirect of redirects) {
    const { to } = redirect;
    const from = fromText(redirect.kind === 'regex' ? redirect.regex : redirect.from);
    if (context.knownRedirects.has(from)) continue;
    if (redirect.kind === 'prefix' && isRefused(redirect.from, 'proxy_redirect', context)) continue;
    if (isRefused(to, 'proxy_redirect', context)) continue;
    changes[from] ??= templateText(to);
  }
  return unlessEmpty(changes);
}

function cookiesInput(
  cookies: CookieModel | undefined,
  context: ResponseContext,
): CookieInput | undefined {
  if (cookies === undefined) return undefined;
  const { domains, paths, flags = [] } = cookies;
  return unlessEmpty(
    present({
      path: changesInput(paths, 'proxy_cookie_path', context),
      domain: changesInput(domains, 'proxy_cookie_domain', context),
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
  directive: string,
  context: ResponseContext,
): Record<string, string> | undefined {
  const texts: Record<string, string> = {};
  for (const { from, to } of changes ?? []) {
    if (isRefused(to, directive, context)) continue;
    texts[fromText(from)] ??= templateText(to);
  }
  return unlessEmpty(texts);
}

function pagesInput(
  pages: readonly ErrorPageModel[] | undefined,
  context: ResponseContext,
): PageInput[] | undefined {
  const inputs = (pages ?? []).flatMap(({ statuses, to, status }): PageInput[] => {
    const text = templateText(to);
    if (text.startsWith('@')) {
      const message = `the error page is the named location "${text}", and hatchway.yaml has none`;
      context.report.refuse(context.level, 'error_page', message, 'use a path: /sorry.html');
      return [];
    }
    if (isRefused(to, 'error_page', context)) return [];
    const as = status === 'from-page' ? ('page' as const) : status;
    return [{ status: [...statuses], to: text, ...present({ as }) }];
  });
  return inputs.length === 0 ? undefined : inputs;
}

function isRefused(value: Template, directive: string, context: ResponseContext): boolean {
  const { level, captures, report } = context;
  return refusesVariables(value, level, directive, captures, report);
}
