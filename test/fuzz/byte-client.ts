/** A client that sends bytes, as they are, from an address of its own, and keeps what comes back until it is closed. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { OddSegments } from './odd-segments.ts';

export type Reply = {
  /** One character a byte. */
  readonly text: string;
  /** Whether the server ended in an orderly way; a reset says that something is missing. */
  readonly ended: boolean;
};

export type ByteClientOptions = {
  readonly port: number;
  /** Any of 127.0.0.0/8. */
  readonly from?: string;
  /** Sent one after the other, each in a turn of the event loop of its own. */
  readonly pieces: readonly Buffer[];
  /** Whether to end this side when all is sent and the protocol was changed. Default false. */
  readonly endsTunnels?: boolean;
  /** Offsets at which TCP cuts what TLS writes, where each piece is a record of its own. Default: no TLS. */
  readonly tlsCuts?: readonly number[] | undefined;
};

/** Resolves once the server has closed. */
export function sendBytes({
  port,
  from,
  pieces,
  endsTunnels = false,
  tlsCuts,
}: ByteClientOptions): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const tcp = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  const socket =
    tlsCuts === undefined
      ? tcp
      : connectTls({ socket: new OddSegments(tcp, tlsCuts), rejectUnauthorized: false });
  let text = '';
  let ended = false;
  let sent = false;
  const endTunnel = () => {
    if (endsTunnels && sent && text.includes('HTTP/1.1 101 ')) socket.end();
  };
  const send = (index: number) => {
    const piece = pieces[index];
    if (piece === undefined) {
      sent = true;
      endTunnel();
    } else if (!socket.destroyed) {
      socket.write(piece);
      setImmediate(send, index + 1);
    }
  };
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more;
    endTunnel();
  });
  socket.on(tlsCuts === undefined ? 'connect' : 'secureConnect', () => send(0));
  socket.on('end', () => {
    ended = true;
  });
  // What a server refuses it need not read to its end; 'close' follows.
  socket.on('error', () => {});
  socket.on('close', () => resolve({ text, ended }));
  return promise;
}
