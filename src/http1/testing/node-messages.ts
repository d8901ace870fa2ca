/**
 * Reads all messages of one connection with the parser of node:http (llhttp, strict), as the same plain data that
 * `read-messages.ts` gives, so that the two can be compared.
 */
import { createRequire } from 'node:module';
import type { Sender } from '../errors.ts';

export type NodeMessage = {
  /** `GET /path` or `200 OK`; the version's minor number behind it, or the whole version where it is not 1.x. */
  startLine: string;
  fields: readonly string[];
  keepAlive: boolean;
  upgrade: boolean;
  /** One character a byte; undefined for a message that was not read to its end. */
  body: string | undefined;
  trailers: readonly string[];
};

export type NodeReading = {
  messages: NodeMessage[];
  /** `HPE_…` and its reason, or ''. */
  error: string;
};

/** What is used here of node's parser, which is not part of its public interface. */
type Parser = {
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | ParserError;
  finish(): ParserError | undefined;
  [callback: number]: unknown;
};
type ParserError = Error & { code: string; reason: string };
type ParserClass = {
  new (): Parser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
};
const { HTTPParser, methods } = createRequire(import.meta.url)('node:_http_common') as {
  HTTPParser: ParserClass;
  methods: readonly string[];
};

/** Methods that node's parser knows; it refuses all others. */
export const nodeMethods: readonly string[] = methods;

/** `method` is the one that responses answer to. Reading stops behind an upgrade. */
export function readNodeMessages(sender: Sender, bytes: Buffer, method = 'GET'): NodeReading {
  const messages: NodeMessage[] = [];
  let data = '';
  let over = false;
  /** What the parser hands over early: a head of many fields, trailers, and then the next head, too. */
  let earlyFields: string[] = [];
  let earlyTarget = '';
  const parser = new HTTPParser();
  parser.initialize(sender === 'client' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnHeadersComplete] = (
    major: number,
    minor: number,
    fields: string[] | undefined,
    methodIndex: number,
    target: string | undefined,
    status: number,
    reason: string,
    upgrade: boolean,
    keepAlive: boolean,
  ) => {
    const version = major === 1 ? `${minor}` : `${major}.${minor}`;
    const line =
      sender === 'client'
        ? `${methods[methodIndex]} ${earlyTarget}${target ?? ''}`
        : `${status} ${reason}`;
    if (!over) {
      messages.push({
        startLine: `${line} ${version}`,
        fields: [...earlyFields, ...(fields ?? [])],
        keepAlive,
        upgrade,
        body: undefined,
        trailers: [],
      });
    }
    earlyFields = [];
    earlyTarget = '';
    // As node's client says it: no body follows.
    return sender === 'upstream' && method === 'HEAD' ? 1 : 0;
  };
  parser[HTTPParser.kOnHeaders] = (fields: string[], target: string) => {
    earlyFields.push(...fields);
    earlyTarget += target;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    data += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    const message = messages.at(-1);
    if (message === undefined || over) return;
    message.body = data;
    message.trailers = earlyFields;
    data = '';
    earlyFields = [];
    // With trailers the parser hands over the target once more.
    earlyTarget = '';
    over = message.upgrade || !message.keepAlive;
  };
  const result = parser.execute(bytes);
  const failure = result instanceof Error ? result : parser.finish();
  return { messages, error: failure instanceof Error ? `${failure.code} ${failure.reason}` : '' };
}
