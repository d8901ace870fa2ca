/** A name server on a port of its own that knows what the test tells it (RFC 1035, 4). */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { TestContext } from 'node:test';

const typeA = 1;
const typeAaaa = 28;
const noSuchName = 3;
const refused = 5;

type Answer =
  | { readonly addresses: readonly string[]; readonly ttl: number }
  | 'refused'
  | 'silent';

export class NameServer {
  readonly #socket: Socket;
  readonly #answers = new Map<string, Answer>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      const answer = this.#answerTo(query);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
  }

  static async start(context: TestContext): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    context.after(() => socket.close());
    return new NameServer(socket);
  }

  /** As resolvers are told. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  set(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
  }

  /** @param query with one question */
  #answerTo(query: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    while (query[at] !== 0) {
      const length = query[at] ?? 0;
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const known = this.#answers.get(labels.join('.').toLowerCase());
    if (known === 'silent') return undefined;
    const { addresses, ttl } = typeof known === 'object' ? known : { addresses: [], ttl: 0 };
    const records = addresses
      .filter((address) => type === (isIPv4(address) ? typeA : typeAaaa))
      .map((address) => recordOf(type, ttl, address));
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    const code = known === undefined ? noSuchName : known === 'refused' ? refused : 0;
    // A response, recursion wanted and available.
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, question, ...records]);
  }
}

function recordOf(type: number, ttl: number, address: string): Buffer {
  const data = isIPv4(address)
    ? Buffer.from(address.split('.').map(Number))
    : Buffer.from(fullIpv6(address), 'hex');
  const record = Buffer.alloc(12);
  // The name is the question's, at offset 12.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

/** 32 digits. */
function fullIpv6(address: string): string {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(left);
  const after = groups(right ?? '');
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
}
