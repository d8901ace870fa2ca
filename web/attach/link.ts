/**
 * One attempt to attach and, once welcomed, one attachment: a transport with its greeting and its time limit. What it
 * means for the session is decided in `connection.ts`.
 */
import type { SessionFrame } from '../../src/wire/frames.ts';
import type { AttachEnvironment } from './environment.ts';
import { openStream } from './stream-transport.ts';
import type { Transport, TransportEnd, TransportKind } from './transport.ts';
import type { Hello, Viewer, Welcome } from './viewer.ts';
import { openWebSocket } from './websocket-transport.ts';

export interface Link {
  readonly kind: TransportKind;
  readonly transport: Transport;
  /** By this name the server knows what became of a WebSocket attempt. */
  readonly attemptId: string;
  /** See `Transport.dispose`. */
  dispose(leaving?: boolean): void;
}

/** None of them is called before `openLink` has returned, nor after `dispose`. */
export type LinkHandlers = {
  /** The session answered `hello`; once. */
  welcomed(link: Link, hello: Hello, welcome: Welcome): void;
  frame(link: Link, frame: SessionFrame): void;
  writable(link: Link): void;
  /** Once; the link is disposed. */
  ended(link: Link, end: TransportEnd): void;
};

/** @param limitMs without a welcome by then it ends as lost */
export function openLink(options: {
  readonly kind: TransportKind;
  readonly environment: AttachEnvironment;
  readonly sessionId: string;
  readonly viewer: Viewer;
  readonly limitMs: number;
  readonly onServer: (server: string) => void;
  readonly handlers: LinkHandlers;
}): Link {
  const { kind, environment, viewer, handlers } = options;
  const attemptId = randomId(environment.random);
  let hello = viewer.hello();

  const end = (reason: TransportEnd) => {
    link.dispose();
    handlers.ended(link, reason);
  };
  const cancelLimit = environment.after(options.limitMs, () =>
    end({
      kind: 'lost',
      reason:
        kind === 'websocket'
          ? 'the WebSocket request was never answered'
          : 'the streaming response did not begin; something in between may be holding it back',
    }),
  );
  const shared = {
    environment,
    sessionId: options.sessionId,
    hello: () => {
      hello = viewer.hello();
      return hello;
    },
    handlers: {
      frame: (frame: SessionFrame) => {
        if (frame.type === 'welcome') {
          cancelLimit();
          handlers.welcomed(link, hello, frame);
        } else if (frame.type === 'bye') {
          end({ kind: 'bye', code: frame.code, reason: frame.reason });
        } else {
          handlers.frame(link, frame);
        }
      },
      writable: () => handlers.writable(link),
      closed: end,
    },
  };
  const transport =
    kind === 'websocket'
      ? openWebSocket({ ...shared, attemptId })
      : openStream({ ...shared, onServer: options.onServer });
  const link: Link = {
    kind,
    transport,
    attemptId,
    dispose: (leaving) => {
      cancelLimit();
      transport.dispose(leaving);
    },
  };
  return link;
}

function randomId(random: () => number): string {
  let id = '';
  for (let i = 0; i < 16; i++) id += Math.floor(random() * 16).toString(16);
  return id;
}
