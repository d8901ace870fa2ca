/** A client of HTTP/2 that sends what was planned, frame by frame and cut as planned, and keeps what comes back. */
import { setImmediate } from 'node:timers/promises';
import {
  fieldBlock,
  flags,
  frame,
  frameTypes,
  RawHttp2,
} from '../../src/gateway/http2/testing/raw-http2.ts';
import type { Scope } from '../kit/scope.ts';
import { type ConnectionPlan, pieces, type StreamPlan } from './http2-requests.ts';

export type StreamReply = {
  /** Of the answer's body, one character a byte. */
  text: string;
  /** Undefined when the connection closed before. */
  end: 'ended' | 'reset' | undefined;
};

const cancel = Buffer.of(0, 0, 0, 8);

/** RST_STREAM behind an answer that came before the request had ended says that nobody reads the rest (RFC 9113, 8.1). */
const noError = 0;

/**
 * Resolves when every stream is over or the connection closed, with the replies in the order of the streams.
 *
 * @param from any of 127.0.0.0/8
 */
export async function sendPlan(
  scope: Scope,
  plan: ConnectionPlan,
  port: number,
  from: string,
): Promise<readonly StreamReply[]> {
  const raw = await RawHttp2.connect(
    { after: (end) => scope.after(async () => end()) },
    port,
    from,
  );
  const replies = plan.streams.map((): StreamReply => ({ text: '', end: undefined }));
  const open = new Set(plan.streams.keys());
  for (const [index, { end }] of plan.streams.entries()) if (end === 'reset') open.delete(index);
  const sending = send(raw, plan);
  while (open.size > 0) {
    const next = await raw.next();
    if (next === undefined) break;
    const index = (next.stream - 1) / 2;
    const reply = replies[index];
    if (reply === undefined) continue;
    if (next.type === frameTypes.data) reply.text += next.payload.toString('latin1');
    if (next.type === frameTypes.rstStream) {
      reply.end ??= next.payload.readUInt32BE(0) === noError ? 'ended' : 'reset';
      open.delete(index);
    }
    const canEnd = next.type === frameTypes.data || next.type === frameTypes.headers;
    if (canEnd && (next.flags & flags.endStream) !== 0) {
      reply.end ??= 'ended';
      open.delete(index);
    }
  }
  await sending;
  raw.socket.end();
  while ((await raw.next()) !== undefined);
  return replies;
}

async function send(raw: RawHttp2, plan: ConnectionPlan): Promise<void> {
  const bytes = Buffer.concat(framesInOrder(plan));
  for (const piece of pieces(bytes, plan.cuts)) {
    if (raw.socket.destroyed) return;
    raw.socket.write(piece);
    await setImmediate();
  }
}

function framesInOrder({ streams, order, goaway, headCuts }: ConnectionPlan): Buffer[] {
  const waiting = streams.map((stream, i) => framesOf(stream, 1 + 2 * i, headCuts));
  const sent: Buffer[] = [];
  // Streams begin in the order of their numbers: another one may be next only when all before it have begun.
  let begun = 0;
  for (let step = 0; waiting.some((frames) => frames.length > 0); step++) {
    const choices = [...waiting.keys()].filter(
      (i) => i <= begun && (waiting[i] as Buffer[][]).length > 0,
    );
    const index = choices[(order[step] ?? 0) % choices.length] as number;
    const frames = (waiting[index] as Buffer[][]).shift() as Buffer[];
    if (index === begun) begun++;
    sent.push(...frames);
    if (step === goaway) sent.push(frame(frameTypes.goaway, 0, 0, Buffer.alloc(8)));
  }
  return sent;
}

/** Each entry is sent as one: nothing may come between a HEADERS and its CONTINUATION frames. */
function framesOf(
  { fields, data, trailers, end }: StreamPlan,
  id: number,
  cuts: readonly number[],
): Buffer[][] {
  const isEnded = end === 'ended';
  const headEnds = isEnded && data.length === 0 && trailers === undefined;
  const frames = [headFrames(fields, id, cuts, headEnds)];
  for (const [i, text] of data.entries()) {
    const ends = isEnded && i === data.length - 1 && trailers === undefined;
    frames.push([frame(frameTypes.data, ends ? flags.endStream : 0, id, text)]);
  }
  if (trailers !== undefined && isEnded) frames.push(headFrames(trailers, id, [], true));
  if (end === 'reset') frames.push([frame(frameTypes.rstStream, 0, id, cancel)]);
  return frames;
}

function headFrames(
  fields: readonly string[],
  id: number,
  cuts: readonly number[],
  ends: boolean,
): Buffer[] {
  const blocks = pieces(fieldBlock(fields), cuts);
  return blocks.map((block, i) => {
    const isLast = i === blocks.length - 1;
    const flag = (isLast ? flags.endHeaders : 0) | (i === 0 && ends ? flags.endStream : 0);
    return frame(i === 0 ? frameTypes.headers : frameTypes.continuation, flag, id, block);
  });
}
