/**
 * Frames over plain HTTP, for where WebSockets do not get through: one GET whose response never ends brings frames
 * down, POSTs bring them up. At most one POST is under way, so they arrive in order; what is typed meanwhile goes
 * together in the next one.
 */
import { type Problem, type StreamQuery, sessionPath } from '../../src/wire/api.ts';
import {
  byeCodes,
  decodeSessionFrame,
  FrameError,
  type SessionFrame,
} from '../../src/wire/frames.ts';
import { FrameSplitter, withLength } from '../../src/wire/stream-framing.ts';
import {
  maxSendBytes,
  type Transport,
  type TransportEnd,
  type TransportOptions,
} from './transport.ts';
import type { Hello } from './viewer.ts';

/**
 * The first POST is small and each one that gets through lets the next be twice as large: a proxy that buffers requests
 * passes on a whole body or nothing, and on a line that is cut all the time a large one would never be whole.
 */
const firstPostBytes = 16 * 1024;

/** A POST that takes longer is lost: the input window (128 KiB) in this time is a line of 35 kbit/s. */
const postTimeoutMs = 30_000;

/** @param onServer called with the `Server` header of the response, which names the proxy in front when there is one */
export function openStream(
  options: TransportOptions & { readonly onServer: (server: string) => void },
): Transport {
  const { environment, sessionId, handlers } = options;
  const hello = options.hello();
  const viewer = hex(hello.viewer);
  const aborter = new AbortController();
  let posting = false;
  let room = firstPostBytes;
  let welcomed = false;
  let over = false;

  const fail = (end: TransportEnd) => {
    if (over) return;
    over = true;
    aborter.abort();
    handlers.closed(end);
  };

  const down = async () => {
    const response = await environment
      .fetch(streamUrl(environment.origin, sessionId, hello), {
        headers: { accept: 'application/octet-stream' },
        cache: 'no-store',
        signal: aborter.signal,
      })
      .catch(() => undefined);
    if (response === undefined) return fail({ kind: 'lost', reason: 'the server was not reached' });
    options.onServer(response.headers.get('server') ?? '');
    if (response.status !== 200 || response.body === null) return fail(await refusal(response));
    const splitter = new FrameSplitter();
    const reader = response.body.getReader();
    while (!over) {
      const chunk = await reader.read().catch(() => undefined);
      if (chunk === undefined) {
        return fail({ kind: 'lost', reason: 'the streaming response was cut' });
      }
      if (chunk.done) return fail({ kind: 'lost', reason: 'the streaming response ended' });
      deliver(splitter, chunk.value);
    }
  };
  const deliver = (splitter: FrameSplitter, chunk: Uint8Array) => {
    let frames: SessionFrame[];
    try {
      frames = splitter.push(chunk).map(decodeSessionFrame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return fail({ kind: 'bye', code: byeCodes.protocol, reason: error.message });
    }
    for (const frame of frames) {
      if (over) return;
      welcomed ||= frame.type === 'welcome';
      handlers.frame(frame);
    }
  };

  const up = async (body: Uint8Array<ArrayBuffer>) => {
    const url = new URL(sessionPath(sessionId, 'input'), environment.origin);
    url.searchParams.set('viewer', viewer);
    const response = await environment
      .fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body,
        signal: AbortSignal.any([aborter.signal, AbortSignal.timeout(postTimeoutMs)]),
      })
      .catch(() => undefined);
    if (response === undefined) {
      return fail({ kind: 'lost', reason: 'a request with input did not get through' });
    }
    if (!response.ok) return fail(await refusal(response));
    if (over) return;
    posting = false;
    room = Math.min(2 * room, maxSendBytes);
    handlers.writable();
  };

  void down();
  return {
    kind: 'stream',
    get room() {
      return welcomed && !posting && !over ? room : 0;
    },
    send(frames) {
      posting = true;
      void up(concat(frames.map(withLength)));
    },
    dispose() {
      over = true;
      aborter.abort();
    },
  };
}

function streamUrl(origin: string, sessionId: string, hello: Hello): URL {
  const query: StreamQuery = {
    version: String(hello.version),
    viewer: hex(hello.viewer),
    from: String(hello.from),
    cols: String(hello.cols),
    rows: String(hello.rows),
  };
  const url = new URL(sessionPath(sessionId, 'stream'), origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Only the console's own answer ends the attachment for good; a proxy's 404 or 502 is a reason to try again. */
async function refusal(response: Response): Promise<TransportEnd> {
  const problem = await problemOf(response);
  if (problem !== undefined) {
    switch (response.status) {
      case 400:
        return { kind: 'bye', code: byeCodes.protocol, reason: problem.message };
      case 401:
        return { kind: 'bye', code: byeCodes.denied, reason: '' };
      case 403:
        return { kind: 'bye', code: byeCodes.denied, reason: problem.message };
      case 404:
        return { kind: 'bye', code: byeCodes.gone, reason: problem.message };
      case 426:
        return { kind: 'bye', code: byeCodes.version, reason: problem.message };
    }
  }
  const server = response.headers.get('server');
  return {
    kind: 'lost',
    reason: `${server === null ? 'the server' : server} answered ${response.status}${
      problem === undefined ? '' : `: ${problem.message}`
    }`,
  };
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  try {
    const problem = (await response.json()) as Partial<Problem> | null;
    return problem?.code?.startsWith('HW_') === true ? (problem as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
