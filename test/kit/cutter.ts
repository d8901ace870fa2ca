/**
 * A bad line: a TCP proxy that cuts its connections after a random number of bytes or on demand, and can go silent.
 * What is random comes from a seed, which is printed. Knows nothing of what it carries.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { atEnd, type Scope } from './scope.ts';

export type CutPlan = {
  /** How often. */
  cuts: number;
  /** Bytes, both directions together, from the end of one cut to the next: uniform between these. */
  minBytes: number;
  maxBytes: number;
};

export type CutterOptions = {
  /** TCP port of 127.0.0.1 that is reached through it. */
  port: number;
  /** Default: a new one, or HATCHWAY_SEED. */
  seed?: number;
};

/** One connection through the proxy. Once it is cut, nothing that still arrives is carried or counted. */
type Line = { client: Socket; server: Socket; cut: boolean };

export class Cutter {
  readonly seed: number;
  /** The cuts that the plan has made so far: after how many bytes each, counted from the one before. */
  cuts: number[] = [];
  readonly #random: () => number;
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #plan: CutPlan = { cuts: 0, minBytes: 0, maxBytes: 0 };
  #bytesToCut = Number.POSITIVE_INFINITY;
  #interval = Number.POSITIVE_INFINITY;
  #stalled = false;

  constructor(port: number, seed: number) {
    this.seed = seed;
    this.#random = seededRandom(seed);
    this.#server = createServer({ noDelay: true }, (client) => {
      const server = connect({ host: '127.0.0.1', port, noDelay: true });
      const line = { client, server, cut: false };
      this.#lines.add(line);
      this.#carry(line, client, server);
      this.#carry(line, server, client);
    });
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  get connections(): number {
    return this.#lines.size;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** From now on cuts by itself, as often as the plan says. */
  follow(plan: CutPlan): void {
    this.#plan = plan;
    this.cuts = [];
    this.#schedule();
  }

  /** Cuts every connection now, with a reset. */
  cut(): void {
    for (const line of this.#lines) this.#end(line, 'reset');
  }

  /** Holds every byte back, of old connections and of new ones, until `resume`. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#lines) {
      client.pause();
      server.pause();
    }
  }

  resume(): void {
    this.#stalled = false;
    for (const { client, server } of this.#lines) {
      client.resume();
      server.resume();
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #carry(line: Line, from: Socket, to: Socket): void {
    if (this.#stalled) from.pause();
    from.on('data', (chunk: Buffer) => {
      if (line.cut) return;
      if (chunk.length < this.#bytesToCut) {
        this.#bytesToCut -= chunk.length;
        if (!to.write(chunk)) from.pause();
        return;
      }
      to.write(chunk.subarray(0, this.#bytesToCut));
      this.cuts.push(this.#interval);
      this.#schedule();
      // A reset may take bytes with it that are on their way, a plain end never does: both happen in life.
      const manner = this.#random() < 0.5 ? 'reset' : 'end';
      for (const each of this.#lines) this.#end(each, manner);
    });
    to.on('drain', () => {
      if (!this.#stalled) from.resume();
    });
    from.on('end', () => to.end());
    from.on('close', () => {
      to.destroy();
      this.#lines.delete(line);
    });
    // 'close' follows; which of the many ways it failed makes no difference here.
    from.on('error', () => {});
  }

  #end(line: Line, manner: 'reset' | 'end'): void {
    const { client, server } = line;
    line.cut = true;
    if (manner === 'reset') {
      for (const socket of [client, server]) {
        // libuv refuses to reset a socket whose FIN is on its way, and Node then never closes it.
        if (socket.writableEnded) socket.destroy();
        else socket.resetAndDestroy();
      }
    } else {
      client.destroySoon();
      server.destroySoon();
    }
  }

  #schedule(): void {
    const { cuts, minBytes, maxBytes } = this.#plan;
    this.#interval =
      this.cuts.length < cuts
        ? minBytes + Math.floor(this.#random() * (maxBytes - minBytes + 1))
        : Number.POSITIVE_INFINITY;
    this.#bytesToCut = this.#interval;
  }
}

/** Says its seed in the test's diagnostics; give it back in HATCHWAY_SEED to cut at the same bytes again. */
export async function startCutter(
  t: Scope & { diagnostic(message: string): void },
  options: CutterOptions,
): Promise<Cutter> {
  const given = process.env.HATCHWAY_SEED;
  const seed = options.seed ?? (given === undefined ? randomInt(2 ** 32) : Number(given));
  const cutter = new Cutter(options.port, seed);
  atEnd(t, () => cutter.close());
  atEnd(t, () => {
    if (cutter.cuts.length > 0) {
      t.diagnostic(`cutter: ${cutter.cuts.length} cuts, HATCHWAY_SEED=${seed}`);
    }
  });
  await cutter.listen();
  return cutter;
}

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
