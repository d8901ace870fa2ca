/** The console as a whole: puts its parts together behind one HTTP server that is handed its connections. */
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { apiPaths, type Problem } from '../wire/api.ts';
import { maxFrameBytes } from '../wire/frames.ts';
import { createApi } from './api.ts';
import { StreamAttachments } from './attach/stream.ts';
import { endWithCredential } from './attach/viewer-connection.ts';
import { attachWebSocket } from './attach/websocket.ts';
import { consoleError } from './errors.ts';
import { Page, safetyHeaders } from './page.ts';
import { problemOf } from './problem.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import type { Target } from './targets/target.ts';
import { arrivedFields, maxAttemptLength, TransportReports } from './transport-report.ts';

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
    // HTTP/1.0 may come without a Host, and a proxy may send any; nothing here depends on it.
    getRequestListener(api.fetch, { hostname: 'console' }),
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    // Keystrokes and terminal output in small frames: compressing costs more than it saves.
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
  });

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy());
    try {
      const credential = signIn.require(request.headers, true);
      const session = sessions.find(sessionIdOf(request));
      webSockets.handleUpgrade(request, connection, head, (socket) => {
        remember(request, 101, '');
        endWithCredential(attachWebSocket(session, socket), credential);
      });
    } catch (error) {
      refuse(request, connection, error);
    }
  });
  webSockets.on('wsClientError', (error, connection, request) => {
    const message = `This is no valid request for a WebSocket: ${error.message}.`;
    refuse(request, connection, consoleError('HW_REQUEST_INVALID', message, { cause: error }));
  });

  /** For the transport report. Whoever is not signed in leaves no trace there. */
  function remember(request: IncomingMessage, status: number, sentence: string): void {
    const attempt = queryOf(request).get('attempt') ?? '';
    if (attempt === '' || attempt.length > maxAttemptLength) return;
    const fields = arrivedFields(request.headers, request.httpVersion);
    reports.remember(attempt, { ...fields, answer: { status, sentence } });
  }

  function refuse(request: IncomingMessage, connection: Duplex, error: unknown): void {
    const status = error instanceof HatchwayError ? error.status : 500;
    if (status === 500) {
      log.error(
        { error: String((error as Error).stack) },
        'the console failed to open a WebSocket',
      );
    }
    const problem = problemOf(error);
    if (signIn.knows(request.headers)) remember(request, status, problem.message);
    answer(connection, status, problem);
  }

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

/** Throws HW_SESSION_UNKNOWN for any other address than that of a session's socket. */
function sessionIdOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?', 1);
  try {
    const id = socketPattern.exec(path)?.[1];
    if (id !== undefined) return decodeURIComponent(id);
  } catch {
    // Not a percent-encoding: nothing of ours.
  }
  throw consoleError('HW_SESSION_UNKNOWN', 'There is no WebSocket at this address.');
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const { url = '' } = request;
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start));
}

/** Answers an upgrade that is not granted as the API would: with a status and a Problem. */
function answer(connection: Duplex, status: number, problem: Problem): void {
  const body = JSON.stringify(problem);
  const fields = {
    ...safetyHeaders,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
  const phrase = STATUS_CODES[status] ?? 'Refused';
  connection.end(`HTTP/1.1 ${status} ${phrase}\r\n${lines.join('')}\r\n${body}`);
}
