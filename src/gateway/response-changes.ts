/**
 * What a route changes in the heads of answers: fields that are added or hidden, times to live, redirects and cookies that name
 * the upstream (nginx's add_header, proxy_hide_header, expires, proxy_redirect, proxy_cookie_…), made ready from its `ResponseModel`. A value
 * that could break out of its line, such as a decoded path can be, is left out.
 */
import type { AttributeChange, CookieModel, ResponseModel } from '../config/route-model.ts';
import type { Template } from '../config/rule-model.ts';
import { FieldNameSet, type Fields } from '../http1/fields.ts';
import { fieldLineIfValid } from '../http1/head-writer.ts';
import { byteRegex } from './byte-regex.ts';
import { Expires } from './expires.ts';
import type { HeadChanges } from './headers.ts';
import type { RequestState } from './request-state.ts';
import { absoluteLocation } from './rules.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';
import type { VariableSource } from './variables.ts';

/** The statuses that added fields are for, unless they are for all. */
const addedStatuses: readonly number[] = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308];

/** Of which an answer has one (RFC 9110, 8.8): what is added takes their place, and nothing when it is empty. */
const singular: readonly string[] = ['etag', 'last-modified'];

type Replacement = (value: string, request: RequestState) => string | undefined;

export class ResponseChanges {
  readonly #added: readonly {
    readonly name: string;
    readonly value: CompiledTemplate;
    readonly always: boolean;
  }[];
  readonly #hidden: ReadonlySet<string>;
  readonly #replaced: ReplacedNames;
  /** With what `expires` says in their place. */
  readonly #replacedByTime: ReplacedNames;
  readonly #expires: Expires | undefined;
  readonly #redirects: readonly Replacement[];
  readonly #cookies: ((cookie: string, request: RequestState) => string) | undefined;

  constructor(model: ResponseModel) {
    this.#added = (model.addHeaders ?? []).map(({ name, value, always }) => ({
      name,
      value: compileTemplate(value),
      always,
    }));
    this.#redirects = (model.redirects ?? []).map((redirect) =>
      redirect.kind === 'prefix'
        ? prefixReplacement(redirect.from, redirect.to)
        : regexReplacement(redirect.regex, redirect.to),
    );
    this.#cookies = model.cookies === undefined ? undefined : cookieChange(model.cookies);
    this.#hidden = new Set(model.hideHeaders);
    const replaced = [
      ...this.#hidden,
      ...(this.#redirects.length > 0 ? ['location', 'refresh'] : []),
      ...(this.#cookies === undefined ? [] : ['set-cookie']),
    ];
    const added = (model.addHeaders ?? []).map(({ name, always }) => ({
      name: name.toLowerCase(),
      always,
    }));
    this.#replaced = replacedNames(replaced, added);
    this.#replacedByTime = replacedNames([...replaced, 'expires', 'cache-control'], added);
    this.#expires = model.expires === undefined ? undefined : new Expires(model.expires);
  }

  /**
   * For an answer of the upstream.
   *
   * @param status what the client gets, when that is not the upstream's
   */
  of(fields: Fields, request: RequestState, status: number, extraLines: string): HeadChanges {
    let lines = extraLines;
    if (this.#redirects.length > 0) lines += this.#redirectLines(fields, request);
    if (this.#cookies !== undefined && !this.#hidden.has('set-cookie')) {
      for (const cookie of fields.all('set-cookie')) {
        lines += fieldLineIfValid('Set-Cookie', this.#cookies(cookie, request));
      }
    }
    const times = this.#timeLines(request, status, fields.get('last-modified'));
    lines += times;
    // Fields that are added may tell of what was changed.
    request.answer.writtenLines = lines;
    const replaced = times === '' ? this.#replaced : this.#replacedByTime;
    return {
      replaced: addedStatuses.includes(status) ? replaced.onSuccess : replaced.always,
      lines: lines + this.#addedLines(request, status),
    };
  }

  /**
   * The lines that are added to an answer of this status that is not an upstream's.
   *
   * @param lastModified the field of the answer. Default: none.
   */
  added(request: VariableSource, status: number, lastModified?: string): string {
    return this.#timeLines(request, status, lastModified) + this.#addedLines(request, status);
  }

  /** Those lines of an answer of this status that is not an upstream's which nothing takes the place of; each ends in CRLF. */
  kept(lines: string, status: number): string {
    const names = this.#added
      .filter(({ always }) => always || addedStatuses.includes(status))
      .map(({ name }) => name.toLowerCase())
      .filter((name) => singular.includes(name));
    if (names.length === 0) return lines;
    return lines
      .split(/(?<=\r\n)/)
      .filter((line) => !names.includes(line.slice(0, line.indexOf(':')).toLowerCase()))
      .join('');
  }

  #timeLines(request: VariableSource, status: number, lastModified: string | undefined): string {
    if (this.#expires === undefined || !addedStatuses.includes(status)) return '';
    return this.#expires.lines(request, lastModified);
  }

  #addedLines(request: VariableSource, status: number): string {
    let lines = '';
    for (const { name, value, always } of this.#added) {
      if (!always && !addedStatuses.includes(status)) continue;
      const text = value(request);
      if (text !== '') lines += fieldLineIfValid(name, text);
    }
    return lines;
  }

  #redirectLines(fields: Fields, request: RequestState): string {
    let lines = '';
    const location = this.#visible(fields, 'location');
    if (location !== undefined) {
      const changed = this.#redirected(location, request);
      // Only what was changed is the gateway's own, and is made absolute where the site wants that.
      const sent = changed === undefined ? location : absoluteLocation(request, changed);
      lines += fieldLineIfValid('Location', sent);
    }
    const refresh = this.#visible(fields, 'refresh');
    if (refresh !== undefined) {
      const url = /^(.*?url=)(.*)$/i.exec(refresh);
      const [, before = '', target = ''] = url ?? [];
      const changed = url === null ? undefined : this.#redirected(target, request);
      lines += fieldLineIfValid('Refresh', changed === undefined ? refresh : before + changed);
    }
    return lines;
  }

  #visible(fields: Fields, lowerName: string): string | undefined {
    return this.#hidden.has(lowerName) ? undefined : fields.get(lowerName);
  }

  #redirected(url: string, request: RequestState): string | undefined {
    for (const replace of this.#redirects) {
      const replaced = replace(url, request);
      if (replaced !== undefined) return replaced;
    }
    return undefined;
  }
}

/** What of the upstream's fields is left out, in answers of all statuses and of those that fields are added to. */
type ReplacedNames = { readonly always: FieldNameSet; readonly onSuccess: FieldNameSet };

function replacedNames(
  names: readonly string[],
  added: readonly { readonly name: string; readonly always: boolean }[],
): ReplacedNames {
  const ones = added.filter(({ name }) => singular.includes(name));
  const always = new FieldNameSet([
    ...names,
    ...ones.flatMap(({ name, always }) => (always ? [name] : [])),
  ]);
  if (ones.every((one) => one.always)) return { always, onSuccess: always };
  return { always, onSuccess: new FieldNameSet([...names, ...ones.map(({ name }) => name)]) };
}

function prefixReplacement(from: Template, to: Template): Replacement {
  const prefixOf = compileTemplate(from);
  const target = compileTemplate(to);
  return (value, request) => {
    const prefix = prefixOf(request);
    return value.startsWith(prefix) ? target(request) + value.slice(prefix.length) : undefined;
  };
}

function regexReplacement(pattern: RegExp, to: Template): Replacement {
  const regex = byteRegex(pattern);
  const target = compileTemplate(to);
  return (value, request) => {
    const match = regex.exec(value);
    if (match === null) return undefined;
    request.matched(match);
    // What stands around the match goes: nginx replaces the value as a whole.
    return target(request);
  };
}

function cookieChange(model: CookieModel): (cookie: string, request: RequestState) => string {
  const domains = (model.domains ?? []).map((change) => attributeReplacement(change, true));
  const paths = (model.paths ?? []).map((change) => attributeReplacement(change, false));
  const flags = (model.flags ?? []).map(({ name, flags: wanted }) => ({
    fits: nameTest(name),
    wanted,
  }));
  return (cookie, request) => {
    const [first = '', ...attributes] = cookie.split(';');
    const pair = pairOf(first);
    if (pair.value === undefined) return cookie;
    let isChanged = false;
    let changed = attributes.map((attribute) => {
      const { name, value } = pairOf(attribute);
      if (value === undefined) return name;
      const lower = name.toLowerCase();
      const replacements = lower === 'domain' ? domains : lower === 'path' ? paths : [];
      for (const replace of replacements) {
        const replaced = replace(value, request);
        if (replaced === undefined) continue;
        isChanged = true;
        return `${name}=${replaced}`;
      }
      return `${name}=${value}`;
    });
    const rule = flags.find(({ fits }) => fits(pair.name, request));
    // What nothing applies to stays as the upstream wrote it, its spaces included.
    if (!isChanged && rule === undefined) return cookie;
    for (const flag of rule?.wanted ?? []) changed = withFlag(changed, flag);
    return [`${pair.name}=${pair.value}`, ...changed].join('; ');
  };
}

/** Both without the spaces around them; no value where there is no `=`. */
function pairOf(text: string): { readonly name: string; readonly value: string | undefined } {
  const equals = text.indexOf('=');
  if (equals === -1) return { name: text.trim(), value: undefined };
  return { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
}

/** A domain is compared without its leading dot and without regard to case; a regular expression sees all of it. */
function attributeReplacement({ from, to }: AttributeChange, isDomain: boolean): Replacement {
  const target = compileTemplate(to);
  if (from instanceof RegExp) {
    const regex = byteRegex(from);
    return (value, request) => {
      const match = regex.exec(value);
      if (match === null) return undefined;
      request.matched(match);
      return target(request);
    };
  }
  const fromOf = compileTemplate(from);
  return (value, request) => {
    const wanted = fromOf(request);
    if (!isDomain) {
      return value.startsWith(wanted) ? target(request) + value.slice(wanted.length) : undefined;
    }
    const bare = (domain: string) => domain.replace(/^\./, '').toLowerCase();
    if (bare(value) !== bare(wanted)) return undefined;
    return value.startsWith('.') ? `.${target(request)}` : target(request);
  };
}

function nameTest(name: RegExp | Template): (cookie: string, request: RequestState) => boolean {
  if (name instanceof RegExp) {
    const regex = byteRegex(name);
    return (cookie) => regex.test(cookie);
  }
  const nameOf = compileTemplate(name);
  return (cookie, request) => nameOf(request).toLowerCase() === cookie.toLowerCase();
}

/** Takes a flag away that begins with `no`, puts another one in the place of its own kind, or behind all others. */
function withFlag(attributes: readonly string[], flag: string): string[] {
  const lower = flag.toLowerCase();
  const kind = lower.replace(/^no/, '').replace(/=.*/, '');
  const isOther = (attribute: string) => attribute.toLowerCase().replace(/=.*/, '') !== kind;
  if (lower.startsWith('no')) return attributes.filter(isOther);
  const text = flagText[lower] ?? flag;
  if (attributes.every(isOther)) return [...attributes, text];
  return attributes.map((attribute) => (isOther(attribute) ? attribute : text));
}

const flagText: Readonly<Record<string, string>> = {
  secure: 'Secure',
  httponly: 'HttpOnly',
  'samesite=strict': 'SameSite=Strict',
  'samesite=lax': 'SameSite=Lax',
  'samesite=none': 'SameSite=None',
};
