/** What is told of a connection: plain data, see `connection.ts` for what it does. */
import type { TransportReport } from '../../src/wire/api.ts';
import type { TransportKind } from './transport.ts';

/** How a connection stands. */
export type ConnectionState =
  /** Not attached: `connecting` when it never was, `reconnecting` when it was. */
  | {
      readonly phase: 'connecting' | 'reconnecting';
      /** 1 is the try made at once. */
      readonly attempt: number;
      /** On the environment's clock; null while a try is under way. */
      readonly retryAtMs: number | null;
      /** Why the last try failed or the connection was lost, one clause; empty in the first try. */
      readonly reason: string;
    }
  | { readonly phase: 'open'; readonly transport: TransportKind }
  /** For good, unless `retry` is called: `code` of `byeCodes`. */
  | { readonly phase: 'ended'; readonly code: number; readonly reason: string };

/** Replaced as a whole at every change. */
export type ConnectionSnapshot = {
  readonly state: ConnectionState;
  /** The last round trip measured on this connection; null before the first. */
  readonly roundTripMs: number | null;
  /** Why the WebSocket does not work, while the stream does. */
  readonly report: TransportReport | null;
};
