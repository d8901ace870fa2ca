/**
 * Rules made ready and run: `set`, `if`, `rewrite`, `return` in nginx's order and with its meaning
 * (ngx_http_rewrite_module, ngx_http_script.c). They change the request's state or answer it; they send nothing.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import type { ConditionModel, RuleModel, Template } from '../config/rule-model.ts';
import { byteRegex } from './byte-regex.ts';
import { gatewayError } from './errors.ts';
import type { RequestState } from './request-state.ts';
import { escapeArgument, sentPath, unescapeRedirect } from './request-uri.ts';
import { hostOf } from './sites.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';
import type { VariableSource } from './variables.ts';

/** An answer that the configuration itself gives. */
export type FixedAnswer = {
  readonly status: number;
  /** Where to, for a redirect. */
  readonly location?: string;
  /** One character a byte; undefined for the gateway's own page. */
  readonly body?: string;
  /** Of the body. */
  readonly type?: string;
};

/** What running the rules has led to: go on, choose a route anew, or answer. */
export type RulesResult = 'done' | 'again' | FixedAnswer;

/** `end`: go on, but run no further rule. */
type StepResult = RulesResult | 'end';
type Step = (request: RequestState) => StepResult;

export type Rules = (request: RequestState) => RulesResult;

/** Undefined for no rules, so that a route without them is not asked. */
export function compileRules(models: readonly RuleModel[] | undefined): Rules | undefined {
  if (models === undefined || models.length === 0) return undefined;
  const step = compileSteps(models);
  return (request) => {
    const before = request.rewritten;
    request.rewritten = false;
    const result = step(request);
    const changed = request.rewritten;
    request.rewritten ||= before;
    if (result === 'end') return 'done';
    return result === 'done' && changed ? 'again' : result;
  };
}

function compileSteps(models: readonly RuleModel[]): Step {
  const steps = models.map(compileStep);
  return (request) => {
    for (const step of steps) {
      const result = step(request);
      if (result !== 'done') return result;
    }
    return 'done';
  };
}

function compileStep(model: RuleModel): Step {
  switch (model.kind) {
    case 'set': {
      const value = compileTemplate(model.value);
      return (request) => {
        request.set(model.variable, value(request));
        return 'done';
      };
    }
    case 'break':
      return () => 'end';
    case 'return':
      return compileReturn(model);
    case 'rewrite':
      return compileRewrite(model);
    case 'if': {
      const holds = compileCondition(model.condition);
      const inner = compileSteps(model.rules);
      return (request) => (holds(request) ? inner(request) : 'done');
    }
  }
}

function compileReturn(model: RuleModel & { readonly kind: 'return' }): Step {
  const { status, type = 'text/plain', types } = model;
  const text = model.text === undefined ? undefined : compileText(model.text, status);
  if (isRedirect(status)) {
    return (request) => ({ status, location: text?.(request) ?? '' });
  }
  // An error without a text has its page; an answer without one is empty.
  if (text === undefined) return () => (status < 400 ? { status, body: '', type } : { status });
  if (types === undefined) return (request) => ({ status, body: text(request), type });
  return (request) => {
    const extension = /\.([^./]+)$/.exec(request.path)?.[1]?.toLowerCase() ?? '';
    return { status, body: text(request), type: types[extension] ?? type };
  };
}

/** A text may tell the status that it is answered with. */
function compileText(template: Template, status: number): (request: RequestState) => string {
  const text = compileTemplate(template);
  return (request) => {
    request.answer.expectedStatus ||= status;
    return text(request);
  };
}

export function isRedirect(status: number): boolean {
  return (status >= 301 && status <= 303) || status === 307 || status === 308;
}

function compileRewrite(model: RuleModel & { readonly kind: 'rewrite' }): Step {
  const regex = byteRegex(model.regex);
  const { flag } = model;
  const redirects = flag === 'redirect' || flag === 'permanent';
  const { path, query, keepsQuery } = splitReplacement(model.replacement);
  const pathOf = compileTemplate(path);
  const queryOf = query === undefined ? undefined : compileTemplate(query);
  return (request) => {
    const match = regex.exec(request.path);
    request.tried(match);
    if (match === null) return 'done';
    const sent = sentPath(request.head.target);
    // Captures come from the decoded path; where they land in a URL again they are escaped if the client had to.
    const wasEscaped = sent.includes('%') || sent.includes('+');
    const escaping = wasEscaped ? new EscapedCaptures(request, match) : request;
    let newQuery = queryOf?.(escaping);
    if (keepsQuery && request.query !== undefined && request.query !== '') {
      newQuery = newQuery === undefined ? request.query : `${newQuery}&${request.query}`;
    }
    if (redirects) {
      const url = unescapeRedirect(pathOf(escaping));
      return {
        status: flag === 'permanent' ? 301 : 302,
        location: newQuery === undefined ? url : `${url}?${newQuery}`,
      };
    }
    const newPath = pathOf(request);
    if (newPath === '') {
      throw gatewayError('HW_BAD_RULE', `a rewrite made the path ${request.path} empty`);
    }
    request.rewriteTo(newPath, newQuery);
    switch (flag) {
      case 'break':
        request.routeFits = false;
        return 'end';
      case 'last':
        return 'again';
      default:
        return 'done';
    }
  };
}

/** At the first `?` that is written out; one at the very end only says that the request's query is dropped. */
function splitReplacement(replacement: Template): {
  readonly path: Template;
  readonly query: Template | undefined;
  readonly keepsQuery: boolean;
} {
  const parts = [...replacement];
  const last = parts.at(-1);
  const keepsQuery = !(typeof last === 'string' && last.endsWith('?'));
  if (!keepsQuery) parts[parts.length - 1] = (last as string).slice(0, -1);
  const index = parts.findIndex((part) => typeof part === 'string' && part.includes('?'));
  if (index === -1) return { path: parts, query: undefined, keepsQuery };
  const text = parts[index] as string;
  const mark = text.indexOf('?');
  return {
    path: [...parts.slice(0, index), text.slice(0, mark)],
    query: [text.slice(mark + 1), ...parts.slice(index + 1)],
    keepsQuery,
  };
}

class EscapedCaptures implements VariableSource {
  readonly #request: RequestState;
  readonly #match: RegExpExecArray;

  constructor(request: RequestState, match: RegExpExecArray) {
    this.#request = request;
    this.#match = match;
  }

  variable(name: string): string | undefined {
    const capture = /^[1-9]$/.test(name) ? this.#match[Number(name)] : undefined;
    return capture === undefined ? this.#request.variable(name) : escapeArgument(capture);
  }
}

function compileCondition(model: ConditionModel): (request: RequestState) => boolean {
  switch (model.kind) {
    case 'variable':
      return (request) => {
        const value = request.variable(model.variable);
        return value !== undefined && value !== '' && value !== '0';
      };
    case 'equals': {
      const value = compileTemplate(model.value);
      return (request) =>
        ((request.variable(model.variable) ?? '') === value(request)) !== model.negated;
    }
    case 'matches': {
      const regex = byteRegex(model.regex);
      return (request) => {
        const match = regex.exec(request.variable(model.variable) ?? '');
        request.tried(match);
        return (match !== null) !== model.negated;
      };
    }
    case 'file': {
      const path = compileTemplate(model.path);
      return (request) => isThere(model.test, path, request) !== model.negated;
    }
  }
}

function isThere(
  test: (ConditionModel & { readonly kind: 'file' })['test'],
  pathOf: CompiledTemplate,
  request: RequestState,
): boolean {
  const path = Buffer.from(pathOf(request), 'latin1');
  let found: Stats;
  try {
    found = statSync(path);
    if (test === 'executable') accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  switch (test) {
    case 'file':
      return found.isFile();
    case 'folder':
      return found.isDirectory();
    case 'any':
    case 'executable':
      return true;
  }
}

/** `location` as it is sent: a path of the gateway's own gets the site in front, if route or site want that. */
export function absoluteLocation(request: RequestState, location: string): string {
  if (!location.startsWith('/')) return location;
  const { ownRedirects } = request.route ?? request.site.ownRoute;
  if (ownRedirects === 'path') return location;
  const { secure, accepted } = request.client;
  const { localPort } = accepted;
  const usual = secure ? 443 : 80;
  const hasPort = ownRedirects.port && localPort !== undefined && localPort !== usual;
  const host = ownRedirects.host === 'site-name' ? request.site.serverName : askedHost(request);
  return `${secure ? 'https' : 'http'}://${host}${hasPort ? `:${localPort}` : ''}${location}`;
}

/** Who named none came to an address. */
function askedHost({ head, client }: RequestState): string {
  const { host = '' } = head;
  if (host !== '') return hostOf(host);
  const { localAddress = '' } = client.accepted;
  return localAddress.includes(':') ? `[${localAddress}]` : localAddress;
}
