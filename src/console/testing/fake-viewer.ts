/** A viewer that keeps what it is sent, for tests of a session. */
import { decodeSessionFrame, type SessionFrame, wireVersion } from '../../wire/frames.ts';
import type { Attachment, ViewerLine } from '../attached-viewer.ts';
import type { Session } from '../session.ts';

export class FakeViewer implements ViewerLine {
  readonly key: Uint8Array;
  readonly frames: SessionFrame[] = [];
  /** What its terminal has been given, over all attachments. */
  output = Buffer.alloc(0);
  /** Offset of the next byte it wants. */
  next = 0;
  goodbye: { code: number; reason: string } | undefined;
  /** While true, the line says that it is full. */
  full = false;
  attachment: Attachment | undefined;

  constructor(number: number) {
    this.key = new Uint8Array(16).fill(number);
  }

  /** Attaches from the byte after the last one it has; gives the input offset that the session wants. */
  attach(session: Session, size = { cols: 80, rows: 24 }, from = this.next): number {
    this.goodbye = undefined;
    this.next = from;
    this.attachment = session.attach(
      { type: 'hello', version: wireVersion, viewer: this.key, from, ...size },
      this,
    );
    return this.last('welcome')?.inputNext ?? Number.NaN;
  }

  ack(): void {
    this.attachment?.receive({ type: 'ack', offset: this.next });
  }

  send(bytes: Uint8Array): boolean {
    const frame = decodeSessionFrame(Uint8Array.from(bytes));
    this.frames.push(frame);
    if (frame.type === 'output') {
      if (frame.offset !== this.next) {
        throw new Error(`output from ${frame.offset} instead of ${this.next}`);
      }
      this.next += frame.bytes.length;
      this.output = Buffer.concat([this.output, frame.bytes]);
    }
    if (frame.type === 'screen') this.next = frame.offset;
    return !this.full;
  }

  bye(code: number, reason: string): void {
    this.goodbye = { code, reason };
  }

  /** The last frame of a type. */
  last<Type extends SessionFrame['type']>(
    type: Type,
  ): Extract<SessionFrame, { type: Type }> | undefined {
    return this.frames.findLast((frame) => frame.type === type) as
      | Extract<SessionFrame, { type: Type }>
      | undefined;
  }
}
