/** What becomes of answers: `add_header`, `expires`, `proxy_hide_header`, `proxy_redirect`, `proxy_cookie_…`, `error_page`. */
import type { Setting } from '../../nginx/level.ts';
import type { ProxyTarget } from '../../nginx/model/proxy-target.ts';
import { translatePcre } from '../../nginx/pcre.ts';
import { parseNumber } from '../../nginx/units.ts';
import type {
  AttributeChange,
  CookieModel,
  ErrorPageModel,
  RedirectModel,
  ResponseModel,
} from '../route-model.ts';
import type { Template } from '../rule-model.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';

/** What nginx keeps to itself (ngx_http_proxy_hide_headers), but for Date and Server, which pass here. */
const hiddenByNginx = [
  'x-pad',
  'x-accel-expires',
  'x-accel-redirect',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
];

/**
 * @param prefix of the location, for `proxy_redirect default`; undefined for one that has none
 */
export function responseOf(
  reader: LevelReader,
  target?: ProxyTarget,
  prefix?: string,
): ResponseModel | undefined {
  const passed = new Set(reader.all('proxy_pass_header').map(([name = '']) => name.toLowerCase()));
  const hidden = reader.all('proxy_hide_header').map(([name = '']) => name.toLowerCase());
  const response: ResponseModel = {
    ...listed('addHeaders', addedHeaders(reader)),
    ...expiresOf(reader),
    ...(target === undefined
      ? {}
      : {
          hideHeaders: [...hiddenByNginx, ...hidden].filter((name) => !passed.has(name)),
          ...listed('redirects', redirectsOf(reader, target, prefix)),
          ...cookiesOf(reader),
        }),
    ...listed('errorPages', reader.settings('error_page').map(errorPageOf)),
    ...(reader.flag('proxy_intercept_errors') ? { intercept: true } : {}),
  };
  return Object.keys(response).length === 0 ? undefined : response;
}

function listed<Key extends string, Item>(
  key: Key,
  items: readonly Item[],
): { readonly [Name in Key]?: readonly Item[] } {
  return items.length === 0
    ? {}
    : ({ [key]: items } as { readonly [Name in Key]: readonly Item[] });
}

function addedHeaders(reader: LevelReader): NonNullable<ResponseModel['addHeaders']> {
  return reader
    .all('add_header')
    .flatMap(([name, value, always]) =>
      name === undefined || value === undefined
        ? []
        : [{ name, value: templateOf(value), always: always === 'always' }],
    );
}

/** `expires 1h`, `expires modified +24h`; `off` is the default. */
function expiresOf(reader: LevelReader): Pick<ResponseModel, 'expires'> {
  const words = reader.isSaid('expires') ? (reader.args('expires') ?? []) : [];
  const when = words.at(-1);
  if (when === undefined || when === 'off') return {};
  const sinceModified = words.length === 2 && words[0] === 'modified';
  return { expires: { when: templateOf(when), ...(sinceModified ? { sinceModified } : {}) } };
}

function redirectsOf(
  reader: LevelReader,
  target: ProxyTarget,
  prefix: string | undefined,
): RedirectModel[] {
  const said = reader.all('proxy_redirect');
  const all = said.length === 0 ? [['default']] : said;
  return all.flatMap(([from = '', to]): RedirectModel[] => {
    if (from === 'off') return [];
    if (to === undefined) {
      // With variables there is no URL to know, and nginx refuses a `default` that is written.
      if (target.isTemplate) return [];
      if (target.uri === undefined)
        return [{ kind: 'prefix', from: [`${target.url}/`], to: ['/'] }];
      return prefix === undefined ? [] : [{ kind: 'prefix', from: [target.url], to: [prefix] }];
    }
    const regex = regexOf(from);
    if (regex !== undefined) return [{ kind: 'regex', regex, to: templateOf(to) }];
    return [{ kind: 'prefix', from: templateOf(from), to: templateOf(to) }];
  });
}

/** `~pattern` or `~*pattern`. */
function regexOf(text: string): RegExp | undefined {
  if (!text.startsWith('~')) return undefined;
  const caseless = text.startsWith('~*');
  const regex = translatePcre(text.slice(caseless ? 2 : 1), caseless);
  return regex.ok ? regex.regex : undefined;
}

function cookiesOf(reader: LevelReader): Pick<ResponseModel, 'cookies'> {
  const changes = (name: string): AttributeChange[] =>
    reader.all(name).flatMap(([from = '', to]): AttributeChange[] => {
      if (from === 'off' || to === undefined) return [];
      const regex = regexOf(from);
      if (regex !== undefined) return [{ from: regex, to: templateOf(to) }];
      // The dot is the cookie's to have or not to have.
      const written = name === 'proxy_cookie_domain' ? to.replace(/^\./, '') : to;
      return [{ from: templateOf(from), to: templateOf(written) }];
    });
  const cookies: CookieModel = {
    ...listed('domains', changes('proxy_cookie_domain')),
    ...listed('paths', changes('proxy_cookie_path')),
    ...listed(
      'flags',
      reader
        .all('proxy_cookie_flags')
        .flatMap(([name = '', ...flags]) =>
          name === 'off' ? [] : [{ name: regexOf(name) ?? templateOf(name), flags }],
        ),
    ),
  };
  return Object.keys(cookies).length === 0 ? {} : { cookies };
}

/** `error_page 500 502 =200 /page;` */
function errorPageOf({ directive }: Setting): ErrorPageModel {
  const words = directive.args.map((arg) => arg.value);
  const to: Template = templateOf(words.at(-1) ?? '');
  const rest = words.slice(0, -1);
  const equals = rest.find((word) => word.startsWith('='));
  const statuses = rest.flatMap((word) => parseNumber(word) ?? []);
  if (equals === undefined) return { statuses, to };
  return { statuses, to, status: equals === '=' ? 'from-page' : Number(equals.slice(1)) };
}
