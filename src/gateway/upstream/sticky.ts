/**
 * Which server a client is to stay with, when the request says so: by a cookie of the gateway's, by a value that names
 * the server, or by a session that a server has opened (nginx's `sticky cookie`, `route` and `learn`).
 */
import { createHash } from 'node:crypto';
import type { StickyModel } from '../../config/upstream-model.ts';
import { type CompiledTemplate, compileTemplate } from '../template.ts';
import type { VariableSource } from '../variables.ts';
import type { Peer } from './peer.ts';
import { StickySessions } from './sticky-sessions.ts';

export interface Sticky {
  /** What a peer is called; equal for several that will do equally well. */
  nameOf(peer: Peer): string;
  /** The name of the peer that the request is for; undefined when it does not say. */
  wanted(request: VariableSource): string | undefined;
  /** The value of a Set-Cookie field that brings the client back to the peer; undefined for none. */
  cookie(peer: Peer, request: VariableSource): string | undefined;
  /** Looks at the head of the peer's answer. */
  learn(peer: Peer, answered: VariableSource): void;
}

export function stickyOf(
  model: StickyModel | undefined,
  now: () => number,
  fromNow = Date.now,
): Sticky | undefined {
  switch (model?.kind) {
    case undefined:
      return undefined;
    case 'cookie':
      return new StickyCookie(model, fromNow);
    case 'route':
      return new StickyRoute(model.values.map(compileTemplate));
    case 'learn':
      return new StickyLearn(model, now);
  }
}

/** What a server is called in cookies that has no route: the same in every process and after every start. */
export function routeOfAddress(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 32);
}

/** The farthest that browsers are asked to keep a cookie: what nginx means by `max`, ten years. */
const maxExpiresMs = 315_360_000_000;

type CookieModel = Extract<StickyModel, { kind: 'cookie' }>;

const sameSites = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

class StickyCookie implements Sticky {
  readonly #name: string;
  readonly #variable: string;
  readonly #expiresMs: number | undefined;
  readonly #domain: CompiledTemplate | undefined;
  readonly #path: CompiledTemplate;
  readonly #flags: string;
  readonly #now: () => number;

  constructor(model: CookieModel, now: () => number) {
    this.#name = model.name;
    this.#variable = `cookie_${model.name.toLowerCase()}`;
    this.#expiresMs = model.expiresMs === 'max' ? maxExpiresMs : model.expiresMs;
    this.#domain = model.domain === undefined ? undefined : compileTemplate(model.domain);
    this.#path = compileTemplate(model.path ?? ['/']);
    this.#flags =
      (model.httpOnly === true ? '; HttpOnly' : '') +
      (model.secure === true ? '; Secure' : '') +
      (model.sameSite === undefined ? '' : `; SameSite=${sameSites[model.sameSite]}`);
    this.#now = now;
  }

  nameOf(peer: Peer): string {
    return peer.route;
  }

  wanted(request: VariableSource): string | undefined {
    return request.variable(this.#variable);
  }

  cookie(peer: Peer, request: VariableSource): string | undefined {
    if (this.wanted(request) === peer.route) return undefined;
    let text = `${this.#name}=${peer.route}`;
    if (this.#expiresMs !== undefined) {
      const end = new Date(this.#now() + this.#expiresMs).toUTCString();
      text += `; Expires=${end}; Max-Age=${Math.floor(this.#expiresMs / 1000)}`;
    }
    const domain = this.#domain?.(request) ?? '';
    if (domain !== '') text += `; Domain=${domain}`;
    return `${text}; Path=${this.#path(request)}${this.#flags}`;
  }

  learn(): void {}
}

class StickyRoute implements Sticky {
  readonly #values: readonly CompiledTemplate[];

  constructor(values: readonly CompiledTemplate[]) {
    this.#values = values;
  }

  nameOf(peer: Peer): string {
    return peer.route;
  }

  wanted(request: VariableSource): string | undefined {
    return firstOf(this.#values, request);
  }

  cookie(): undefined {
    return undefined;
  }

  learn(): void {}
}

type LearnModel = Extract<StickyModel, { kind: 'learn' }>;

class StickyLearn implements Sticky {
  readonly #create: readonly CompiledTemplate[];
  readonly #lookup: readonly CompiledTemplate[];
  readonly #sessions: StickySessions;

  constructor(model: LearnModel, now: () => number) {
    this.#create = model.create.map(compileTemplate);
    this.#lookup = model.lookup.map(compileTemplate);
    this.#sessions = new StickySessions(model, now);
  }

  nameOf(peer: Peer): string {
    return peer.name;
  }

  wanted(request: VariableSource): string | undefined {
    const session = firstOf(this.#lookup, request);
    return session === undefined ? undefined : this.#sessions.find(session);
  }

  cookie(): undefined {
    return undefined;
  }

  learn(peer: Peer, answered: VariableSource): void {
    const session = firstOf(this.#create, answered);
    if (session !== undefined) this.#sessions.remember(session, peer.name);
  }
}

/** The first value that is not empty. */
function firstOf(
  templates: readonly CompiledTemplate[],
  source: VariableSource,
): string | undefined {
  for (const template of templates) {
    const value = template(source);
    if (value !== '') return value;
  }
  return undefined;
}
