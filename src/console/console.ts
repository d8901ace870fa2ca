/** The console as a whole: puts its parts together behind one HTTP server that is handed its connections. */
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { apiPaths } from '../wire/api.ts';
import { maxFrameBytes } from '../wire/frames.ts';
import { createApi } from './api.ts';
import { StreamAttachments } from './attach/stream.ts';
import { attachWebSocket } from './attach/websocket.ts';
import { consoleError } from './errors.ts';
import { Page, safetyHeaders } from './page.ts';
import { problemOf } from './session.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import type { Target } from './targets/target.ts';
import { arrivedFields, TransportReports } from './transport-report.ts';

export type ConsoleOptions = {
  readonly targets: readonly Target[];
  /** Exchanged for a cookie, or sent as a bearer token. */
  readonly token: string;
  /** Short and unique to this installation: part of the cookie's name and of session ids. */
  readonly instance: string;
  /** Where people reach the console, when that is not where they signed in. */
  readonly publicUrl?: string;
  /** A session without viewers is ended after this long. */
  readonly graceMs: number;
  /** Folder with the built page. */
  readonly pageFolder: string;
  readonly log: Log;
  /** Bytes of output kept for viewers who return; see `sessions.ts`. */
  readonly replayBytes?: number;
};

export type Console = {
  /** Serves HTTP on a connection: a socket, or one end of a pair inside this process. */
  accept(connection: Duplex): void;
  /** Sessions whose process runs, or is being started. */
  readonly openSessionCount: number;
  /** Ends all sessions, then all connections. */
  close(): Promise<void>;
};

/** The gateway in front allows heads of this size, and so must what is behind it. */
const maxHeadBytes = 64 * 1024;

const socketPattern = new RegExp(`^${apiPaths.sessions}/([^/]+)/socket$`);

/** Throws when `pageFolder` holds no page. */
export function createConsole(options: ConsoleOptions): Console {
  const { log, targets } = options;
  const sessions = new Sessions(options);
  const signIn = new SignIn(options);
  const reports = new TransportReports();
  const api = createApi({
    targets,
    sessions,
    streams: new StreamAttachments(),
    signIn,
    reports,
    page: new Page(options.pageFolder),
    log,
  });

  const server = createServer(
    { maxHeaderSize: maxHeadBytes, keepAliveTimeout: 0 },
    getRequestListener(api.fetch),
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    // Keystrokes and terminal output in small frames: compressing costs more than it saves.
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
  });

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy());
    const url = new URL(request.url ?? '/', 'http://console');
    const attempt = url.searchParams.get('attempt') ?? '';
    const remember = (status: number, sentence: string) => {
      if (attempt === '' || attempt.length > 64) return;
      const fields = arrivedFields(request.headers, request.httpVersion);
      reports.remember(attempt, { ...fields, answer: { status, sentence } });
    };
    try {
      signIn.require(request.headers, true);
      const id = socketPattern.exec(url.pathname)?.[1];
      if (id === undefined)
        throw consoleError('HW_SESSION_UNKNOWN', 'There is no WebSocket at this address.');
      const session = sessions.find(decodeURIComponent(id));
      remember(101, '');
      webSockets.handleUpgrade(request, connection, head, (socket) =>
        attachWebSocket(session, socket),
      );
    } catch (error) {
      // Whoever is not signed in leaves no trace in the reports.
      if (signIn.knows(request.headers)) remember(400, (error as Error).message);
      refuse(connection, error);
    }
  });

  const connections = new Set<Duplex>();

  return {
    accept(connection) {
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      server.emit('connection', connection);
    },
    get openSessionCount() {
      return sessions.openCount;
    },
    async close() {
      await sessions.close();
      for (const socket of webSockets.clients) socket.terminate();
      for (const connection of connections) connection.destroy();
      webSockets.close();
      server.close();
      for (const target of targets) target.close?.();
    },
  };
}

/** Answers an upgrade that is not granted as the API would: with a status and a Problem. */
function refuse(connection: Duplex, error: unknown): void {
  const status = error instanceof HatchwayError ? error.status : 500;
  const body = JSON.stringify(problemOf(error));
  const fields = {
    ...safetyHeaders,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
  connection.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${body}`);
}
