/**
 * A request from inside, for another path of the same site: asked with GET, the client's fields and no body, so that its answer
 * can decide about the request it belongs to (nginx's auth_request). Only the head of the answer counts.
 */
import { HatchwayError } from '../base/errors.ts';
import { type BodyReader, bodyReader } from '../http1/body.ts';
import { noFields } from '../http1/fields.ts';
import type { SubrequestAnswer } from './access/subrequest.ts';
import { gatewayError } from './errors.ts';
import { noteFault } from './fault.ts';
import { upstreamHead, upstreamMethod } from './headers.ts';
import type { NoteLimit } from './rate/route-limits.ts';
import type { RequestState } from './request-state.ts';
import { chooseRoute } from './route-choice.ts';
import type { Route } from './serving.ts';
import { connectFailure } from './upstream/connect-failure.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream/connection.ts';
import type { Selection } from './upstream/selection.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Of an answer's body, read so that the connection can be used again; a longer one is not worth that. */
const mostDrainedBytes = 64 * 1024;

/** On whose behalf it is asked. */
export interface SubrequestOwner {
  readonly request: RequestState;
  /** Whether nobody waits for the answer any more. */
  readonly isOver: boolean;
  /** What is asked, until its answer has come. Whoever is over before that leaves it. */
  inner: { leave(): void } | undefined;
}

/**
 * Rejects with what keeps an upstream from answering (`HW_UPSTREAM_…`) and what the rules throw. Nothing comes of one that is left,
 * nor of one for an owner that is over, which nobody is asked.
 *
 * @param uri a path, maybe with a query
 */
export function subrequest(owner: SubrequestOwner, uri: string): Promise<SubrequestAnswer> {
  if (owner.isOver) return new Promise(() => {});
  const parent = owner.request;
  const mark = uri.indexOf('?');
  const path = mark === -1 ? uri : uri.slice(0, mark);
  const request = parent.inner(path, mark === -1 ? undefined : uri.slice(mark + 1));
  const note: NoteLimit = (level, message) => {
    const kind = `limits of ${request.site.name}`;
    request.client.serving.refusals.write(
      kind,
      level,
      { client: request.remoteAddress, uri },
      message,
    );
  };
  return new Promise((resolve, reject) => {
    try {
      const choice = chooseRoute(request, true);
      if (!('path' in choice)) {
        resolve({ status: choice.status, fields: noFields });
        return;
      }
      const { upstream, limits } = choice;
      if (upstream === undefined) throw gatewayError('HW_NO_ROUTE', `nothing is at ${path}`);
      // A later one may be under way while the body of this one's answer still comes.
      const forget = (asked: Subrequest) => {
        if (owner.inner === asked) owner.inner = undefined;
      };
      const start = () => {
        limits?.hold(request, note);
        const asked: Subrequest = new Subrequest(request, choice, request.goTo(upstream), {
          onAnswer: (answer) => {
            forget(asked);
            resolve(answer);
          },
          onFailure: (error) => {
            forget(asked);
            reject(error);
          },
        });
        owner.inner = asked;
        asked.start();
      };
      const delayMs = limits?.delayOf(request, note) ?? 0;
      if (delayMs === 0) {
        start();
        return;
      }
      const turn = setTimeout(() => {
        try {
          start();
        } catch (error) {
          reject(error);
        }
      }, delayMs);
      owner.inner = { leave: () => clearTimeout(turn) };
    } catch (error) {
      reject(error);
    }
  });
}

type SubrequestEnd = {
  onAnswer(answer: SubrequestAnswer): void;
  /** May be called behind the answer. */
  onFailure(error: unknown): void;
};

class Subrequest implements UpstreamUser {
  readonly #request: RequestState;
  readonly #route: Route;
  readonly #upstream: Upstream;
  readonly #selection: Selection;
  readonly #end: SubrequestEnd;
  #connection: UpstreamConnection | undefined;
  #body: BodyReader | undefined;
  #drained = 0;
  #keepAlive = false;

  constructor(request: RequestState, route: Route, upstream: Upstream, end: SubrequestEnd) {
    this.#request = request;
    this.#route = route;
    this.#upstream = upstream;
    this.#selection = upstream.select(request);
    this.#end = end;
  }

  start(): void {
    const pool = this.#selection.next();
    if (pool === undefined) throw this.#upstream.noLive();
    const idle = pool.take(this);
    this.#connection = idle ?? pool.connect(this, this.#upstream.model.timeouts.connectMs);
    if (idle !== undefined) this.onUpstreamReady();
  }

  /** Gives it up; nothing more is heard of it. */
  leave(): void {
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection.end();
  }

  onUpstreamReady(): void {
    const connection = this.#connection as UpstreamConnection;
    const request = this.#request;
    connection.reader.requestMethod = upstreamMethod(request, this.#route.forward);
    connection.deadline = request.client.serving.deadlines.after(
      this.#upstream.model.timeouts.readMs,
    );
    const head = upstreamHead(request, this.#route.forward, {
      upgradeTo: undefined,
      inProcess: this.#upstream.inProcess,
      passBody: false,
    });
    connection.socket.write(head, 'latin1');
  }

  onUpstreamData(chunk: Buffer): void {
    try {
      if (this.#body === undefined) this.#readHead(chunk);
      else this.#drain(this.#body, chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  onUpstreamDrain(): void {}

  onUpstreamDeaf(): void {}

  onUpstreamEnd(): void {
    this.#fail(this.#closed());
  }

  onUpstreamClose(error: NodeJS.ErrnoException | undefined): void {
    const connection = this.#connection;
    if (connection?.ready === false) {
      this.#fail(connectFailure(error, this.#upstream.model, connection.pool.name));
    } else if (connection?.reused && this.#body === undefined) {
      // It closed an idle connection while the request was on its way.
      this.#connection = connection.pool.connect(this, this.#upstream.model.timeouts.connectMs);
    } else {
      this.#fail(this.#closed());
    }
  }

  onUpstreamDeadline(): void {
    const { name } = this.#upstream.model;
    this.#fail(gatewayError('HW_UPSTREAM_TIMEOUT', `${name} did not answer in time`));
  }

  onUpstreamFault(error: unknown): void {
    this.#fail(error);
  }

  #readHead(chunk: Buffer): void {
    const { reader } = this.#connection as UpstreamConnection;
    for (let bytes = chunk; ; bytes = reader.rest) {
      const head = reader.push(bytes);
      if (head === undefined) return;
      if (head.status < 200 && head.status !== 101) continue;
      if (head.status === 101)
        throw gatewayError('HW_UPSTREAM_BAD_UPGRADE', 'a 101 nobody asked for');
      this.#keepAlive = head.keepAlive && head.framing.kind !== 'until-close';
      this.#body = bodyReader(head.framing, 'upstream', this.#request.client.serving.limits);
      this.#selection.succeeded();
      const { name: server } = this.#upstream.model;
      this.#end.onAnswer({ status: head.status, fields: head.fields, server });
      this.#drain(this.#body, reader.rest);
      return;
    }
  }

  #drain(body: BodyReader, chunk: Buffer): void {
    this.#drained += chunk.length;
    const hadEnded = body.done;
    if (!hadEnded) body.push(chunk);
    const isClean = hadEnded ? chunk.length === 0 : body.done && body.rest.length === 0;
    if (isClean && this.#keepAlive) this.#connection?.release();
    else if (!body.done && this.#keepAlive && this.#drained <= mostDrainedBytes) return;
    else this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection.end();
  }

  #closed(): Error {
    return gatewayError('HW_UPSTREAM_CLOSED', `${this.#upstream.model.name} gave no answer`);
  }

  /** Nobody hears of it once the head has come. */
  #fail(error: unknown): void {
    this.#connection?.abandon();
    this.#connection = undefined;
    if (this.#body === undefined) this.#selection.failed();
    else this.#selection.end();
    if (this.#body !== undefined && !(error instanceof HatchwayError)) {
      noteFault(this.#request.client.serving.log, error, { upstream: this.#upstream.model.name });
    }
    this.#end.onFailure(error);
  }
}
