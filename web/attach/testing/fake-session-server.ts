/**
 * One session as the server's side of the wire describes it, over real sockets, without a process behind it: what is
 * printed and what arrived is plain bytes in memory. Made to be unpleasant within the rules: output comes in pieces of
 * any size, overlapping what was sent before, and never more than a small window ahead of the acknowledgements.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Problem, SessionState, TransportReport } from '../../../src/wire/api.ts';
import {
  byeCodes,
  decodeViewerFrame,
  encodeFrame,
  type SessionFrame,
  type ViewerFrame,
  wireVersion,
} from '../../../src/wire/frames.ts';
import { FrameSplitter, withLength } from '../../../src/wire/stream-framing.ts';
import { between } from './random.ts';

/** What becomes of a request for a WebSocket. */
export type WebSocketFate = 'open' | 'refuse' | 'hang';

/** Output sent ahead of the acknowledgement at the most; small, so that a viewer that forgets to acknowledge stalls. */
const outputWindowBytes = 40_000;

type Attachment = {
  send(frame: SessionFrame): void;
  end(): void;
  sent: number;
  acked: number;
};

export class FakeSessionServer {
  readonly #random: () => number;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<Socket>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #inputs = new Map<string, Buffer[]>();
  readonly #inputNext = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #output = Buffer.alloc(0);

  fateOfWebSockets: WebSocketFate = 'open';
  /** With false, input is kept but not acknowledged. */
  acceptsInput = true;
  /** Answers every request for the session, instead of what it should get. */
  problem: { status: number; body: Problem } | undefined;
  /** What the client did, in order: `socket <attempt>`, `stream`, `input`, `report <query>`. */
  readonly requests: string[] = [];
  readonly resizes: string[] = [];
  /** Input bytes that came without having been acknowledged, at the worst moment. */
  mostUnacceptedBytes = 0;
  /** Like behind a proxy that buffers requests: a body is taken when all of it is there, or not at all. */
  takesWholeBodies = false;
  #posts = 0;
  /** POSTs of input under way at the same time, at the worst moment. */
  mostPosts = 0;
  report: TransportReport = { verdict: 'upgrade-dropped', sentence: 'The proxy dropped Upgrade.' };

  private constructor(random: () => number) {
    this.#random = random;
    this.#server = createServer((request, response) => this.#onRequest(request, response));
    this.#server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const attempt = new URL(request.url ?? '', 'http://x').searchParams.get('attempt');
      this.requests.push(`socket ${attempt}`);
      this.#changed();
      if (this.fateOfWebSockets === 'hang') return;
      if (this.fateOfWebSockets === 'refuse') {
        socket.end(
          'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        );
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#onSocket(ws));
    });
  }

  static async start(random: () => number): Promise<FakeSessionServer> {
    const fake = new FakeSessionServer(random);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get viewers(): number {
    return this.#attachments.size;
  }

  /** All input that was handed to the process, of all viewers. */
  get input(): Buffer {
    return Buffer.concat([...this.#inputs.values()].flat());
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves as soon as `condition` holds; it is looked at after everything that happens here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  print(bytes: Uint8Array): void {
    this.#output = Buffer.concat([this.#output, bytes]);
    for (const attachment of this.#attachments.values()) this.#flow(attachment);
  }

  say(state: SessionState): void {
    this.#tell({ type: 'state', json: JSON.stringify(state) });
  }

  /** Says `bye` and ends every attachment. */
  bye(code: number, reason: string): void {
    this.#tell({ type: 'bye', code, reason });
    for (const attachment of this.#attachments.values()) attachment.end();
    this.#attachments.clear();
  }

  #tell(frame: SessionFrame): void {
    for (const attachment of this.#attachments.values()) attachment.send(frame);
  }

  #onSocket(ws: WebSocket): void {
    let viewer = '';
    const attachment: Attachment = {
      send: (frame) => ws.send(encodeFrame(frame)),
      end: () => ws.close(),
      sent: 0,
      acked: 0,
    };
    ws.on('message', (data) => {
      const frame = decodeViewerFrame(new Uint8Array(data as Buffer));
      if (frame.type === 'hello') {
        viewer = Buffer.from(frame.viewer).toString('hex');
        this.#attach(viewer, attachment, frame.from);
      } else {
        this.#onFrame(viewer, attachment, frame);
      }
    });
    ws.on('error', () => ws.terminate());
    ws.on('close', () => this.#detach(viewer, attachment));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x');
    response.setHeader('server', 'nginx/1.22.1');
    response.on('error', () => {});
    if (url.pathname === '/api/transport-report') {
      this.requests.push(`report ${url.searchParams}`);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(this.report));
    } else if (this.problem !== undefined) {
      response.statusCode = this.problem.status;
      response.end(JSON.stringify(this.problem.body));
    } else if (url.pathname === '/api/sessions/s-1/stream') {
      this.requests.push('stream');
      this.#onStream(url, response);
    } else if (url.pathname === '/api/sessions/s-1/input' && request.method === 'POST') {
      this.requests.push('input');
      void this.#onInput(url, request, response);
    } else {
      response.statusCode = 500;
      response.end();
    }
    this.#changed();
  }

  #onStream(url: URL, response: ServerResponse): void {
    const viewer = url.searchParams.get('viewer') ?? '';
    const attachment: Attachment = {
      send: (frame) => response.write(withLength(encodeFrame(frame))),
      end: () => response.end(),
      sent: 0,
      acked: 0,
    };
    response.setHeader('content-type', 'application/octet-stream');
    response.on('close', () => this.#detach(viewer, attachment));
    this.#attach(viewer, attachment, Number(url.searchParams.get('from')));
  }

  async #onInput(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const viewer = url.searchParams.get('viewer') ?? '';
    const splitter = new FrameSplitter();
    this.#posts++;
    this.mostPosts = Math.max(this.mostPosts, this.#posts);
    const take = (bytes: Buffer) => {
      for (const frame of splitter.push(bytes)) {
        const attachment = this.#attachments.get(viewer);
        if (attachment !== undefined) this.#onFrame(viewer, attachment, decodeViewerFrame(frame));
      }
    };
    try {
      const held: Buffer[] = [];
      for await (const chunk of request) {
        if (this.takesWholeBodies) held.push(chunk as Buffer);
        else take(chunk as Buffer);
      }
      take(Buffer.concat(held));
    } catch {
      return; // Cut in the middle of the body; what came whole has been taken.
    } finally {
      this.#posts--;
    }
    response.statusCode = this.#attachments.has(viewer) ? 204 : 409;
    response.end();
  }

  #attach(viewer: string, attachment: Attachment, from: number): void {
    const earlier = this.#attachments.get(viewer);
    earlier?.send({ type: 'bye', code: byeCodes.superseded, reason: 'attached again' });
    earlier?.end();
    this.#attachments.set(viewer, attachment);
    attachment.sent = from;
    attachment.acked = from;
    attachment.send({
      type: 'welcome',
      version: wireVersion,
      inputNext: this.#inputNext.get(viewer) ?? 0,
      outputEnd: this.#output.length,
    });
    this.#flow(attachment);
    this.#changed();
  }

  #detach(viewer: string, attachment: Attachment): void {
    if (this.#attachments.get(viewer) === attachment) this.#attachments.delete(viewer);
    this.#changed();
  }

  #onFrame(viewer: string, attachment: Attachment, frame: ViewerFrame): void {
    switch (frame.type) {
      case 'input':
        this.#take(viewer, attachment, frame.offset, frame.bytes);
        break;
      case 'ack':
        if (frame.offset > attachment.sent)
          throw new Error('output acknowledged that was not sent');
        attachment.acked = frame.offset;
        this.#flow(attachment);
        break;
      case 'resize':
        this.resizes.push(`${frame.serial} ${frame.cols}x${frame.rows}`);
        break;
      case 'ping':
        attachment.send({ type: 'pong', stamp: frame.stamp });
        break;
      case 'hello':
        throw new Error('a second hello');
    }
    this.#changed();
  }

  #take(viewer: string, attachment: Attachment, offset: number, bytes: Uint8Array): void {
    const next = this.#inputNext.get(viewer) ?? 0;
    const end = offset + bytes.length;
    this.mostUnacceptedBytes = Math.max(this.mostUnacceptedBytes, end - next);
    if (!this.acceptsInput) return;
    if (offset > next) throw new Error(`input jumps from ${next} to ${offset}`);
    if (end <= next) return;
    const taken = this.#inputs.get(viewer) ?? [];
    this.#inputs.set(viewer, taken);
    taken.push(Buffer.from(bytes.subarray(next - offset)));
    this.#inputNext.set(viewer, end);
    attachment.send({ type: 'accepted', inputNext: end });
  }

  #flow(attachment: Attachment): void {
    while (
      attachment.sent < this.#output.length &&
      attachment.sent - attachment.acked < outputWindowBytes
    ) {
      const start = Math.max(0, attachment.sent - between(this.#random, 0, 50));
      const end = Math.min(this.#output.length, attachment.sent + between(this.#random, 1, 9000));
      attachment.sent = end;
      attachment.send({ type: 'output', offset: start, bytes: this.#output.subarray(start, end) });
    }
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
