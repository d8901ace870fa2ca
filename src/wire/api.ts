/**
 * The console's HTTP surface as types: what the page and the command line send and get. JSON unless said otherwise.
 * Everything but signing in needs the cookie (page) or `Authorization: Bearer <token>` (command line).
 */

/** Where everything lives; `:id` parts are percent-encoded by `sessionPath`. */
export const apiPaths = {
  /** POST SignInRequest → 204 and a cookie; 401 Problem. */
  signIn: '/api/sign-in',
  /** POST → 204, the cookie is gone. */
  signOut: '/api/sign-out',
  /** GET → TargetListing[] */
  targets: '/api/targets',
  /** GET → SessionInfo[]; POST OpenSessionRequest → 201 SessionInfo. */
  sessions: '/api/sessions',
  /** GET `?id=` of the attempt → TransportReport. */
  transportReport: '/api/transport-report',
} as const;

/**
 * The parts of one session:
 * '' GET → SessionInfo, DELETE → 204 (ends it);
 * 'screen' GET → text/plain, what a person would see now;
 * 'socket' GET with Upgrade: websocket, `?attempt=` → frames both ways;
 * 'stream' GET, the query of `StreamQuery` → application/octet-stream of frames down, until the attachment ends;
 * 'input' POST application/octet-stream of frames up, `?viewer=` → 204, or 409 when that viewer has no stream.
 */
export type SessionPart = '' | 'screen' | 'socket' | 'stream' | 'input';

export function sessionPath(id: string, part: SessionPart = ''): string {
  return `${apiPaths.sessions}/${encodeURIComponent(id)}${part === '' ? '' : `/${part}`}`;
}

/** The `hello` frame of a stream attachment, as a query: a GET has no body. */
export type StreamQuery = {
  /** `wireVersion` */
  version: string;
  /** The viewer's 16 bytes in hexadecimal. */
  viewer: string;
  /** First output byte wanted. */
  from: string;
  cols: string;
  rows: string;
};

export type SignInRequest = { token: string };

/** An error, as every API answer with status ≥ 400 carries it. */
export type Problem = {
  /** Stable, `HW_…`, explained in docs/errors.md. */
  code: string;
  /** What happened to which thing, in one sentence. */
  message: string;
  /** What to do next, in one sentence. */
  remedy: string;
  /** Commands that were tried and could not be started, in order. */
  tried?: string[];
};

/** Something that can have shells in it: the Docker engine, this machine. */
export type TargetListing = {
  /** First part of a deep link, `docker` in `/x/docker/web-1`. */
  id: string;
  title: string;
  /** Where it is, for a person: `unix:///var/run/docker.sock`. */
  address: string;
  /** Running workloads first, then by name. Empty when `problem` is set. */
  workloads: Workload[];
  problem?: Problem;
};

/** One thing to open a shell in. */
export type Workload = {
  /** Second part of a deep link. For a container its name, else its id. */
  id: string;
  name: string;
  /** One line of context: the image, the login shell. */
  detail: string;
  /** `running`, `exited`, `paused`, … in the target's own words. */
  state: string;
  /** Whether a shell can be opened now. */
  openable: boolean;
  /** Words the filter finds it by, beside name and detail: ids, labels. */
  keywords: string[];
};

export type OpenSessionRequest = {
  target: string;
  workload: string;
  /** Program and arguments. Default: the target's choice of shell. */
  command?: string[];
  /** `user`, `uid`, `user:group` or `uid:gid`. Default: the workload's own. */
  user?: string;
  cols: number;
  rows: number;
};

export type SessionInfo = {
  id: string;
  target: string;
  workload: string;
  /** As the request had them; absent when the choice was the target's. */
  command?: string[];
  user?: string;
  /** ISO 8601. */
  openedAt: string;
  viewers: number;
  state: SessionState;
};

export type SessionState =
  /** `step` says what is being done, for a person: "Starting bash in web-1". */
  | { phase: 'opening'; step: string }
  /** `notice` is worth a line above the terminal: "bash is not in this image; this is sh". */
  | { phase: 'running'; command: string[]; notice?: string }
  /** The process ended. `exitCode` null: it is not known, and `reason` says why. */
  | { phase: 'ended'; exitCode: number | null; reason: string }
  /** No process, or it was lost. */
  | { phase: 'failed'; problem: Problem };

/** What became of one attempt to open a WebSocket, seen from the server. */
export type TransportReport = {
  verdict: TransportVerdict;
  /** One sentence: what stands between, and what it did. */
  sentence: string;
  /** What makes the WebSocket work, when that is known. */
  fix?: {
    /** Where the lines go: "nginx: in the location that has proxy_pass". */
    where: string;
    lines: string[];
  };
};

export type TransportVerdict =
  /** The request came without `Upgrade: websocket`, or without `upgrade` in `Connection`. */
  | 'upgrade-dropped'
  /** The request came complete and was answered with 101, but the browser's WebSocket did not open. */
  | 'answer-lost'
  /** The request never came. */
  | 'never-arrived'
  /** The request came and was refused here; the sentence says why. */
  | 'refused';
