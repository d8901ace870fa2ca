/**
 * Reads request and response heads from bytes, strictly: one meaning or none (RFC 9112, 2 to 6).
 *
 * Knows nothing of sockets, bodies or what becomes of a request. CONNECT and TRACE are read like other methods.
 */
import type { HatchwayError } from '../base/errors.ts';
import { http1Error } from './errors.ts';
import { Fields, placeSize } from './fields.ts';
import {
  announcesImpossibleBody,
  type BodyFraming,
  connectionOptions,
  requestFraming,
  responseFraming,
  upgradeTokens,
  wantsKeepAlive,
} from './framing.ts';
import { isHost } from './host.ts';
import { nameIds } from './known-names.ts';
import { byteName, cr, lf, space, targetByte, tokenByte, valueByte } from './octets.ts';
import { area } from './section-area.ts';
import { type HeadLimits, SectionReader, startLinePhase } from './section-reader.ts';
import { parseTarget } from './target.ts';

export type { HeadLimits } from './section-reader.ts';

export type RequestHead = {
  /** A token, as sent: methods are case-sensitive. */
  readonly method: string;
  /** What the request is for: origin form, `*` of an OPTIONS, or host and port of a CONNECT. */
  readonly target: string;
  /** As in the request line: differs from `target` where that was in absolute form. */
  readonly sentTarget: string;
  /** The version is HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  /** As sent, but that the host of an absolute target has taken the place of the `Host` field's (RFC 9112, 3.2.2). */
  readonly fields: Fields;
  readonly framing: BodyFraming;
  /** Whether the client would use the connection again. */
  readonly keepAlive: boolean;
  /** Host and optional port, valid, in the case sent; undefined only in HTTP/1.0. */
  readonly host: string | undefined;
  /** In lower case, what the client asks to switch to; empty unless `Connection` lists it and the version is 1.1. */
  readonly upgrade: readonly string[];
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expectContinue: boolean;
};

export type ResponseHead = {
  /** 100 to 999. */
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  /** The version is HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  readonly fields: Fields;
  readonly framing: BodyFraming;
  /**
   * Whether the connection can be used again after the body: not after a 101, not after `until-close`, and not when a
   * status without a body announces one.
   */
  readonly keepAlive: boolean;
  /** In lower case, what the server switches to, or could; empty unless `Connection` lists it and the version is 1.1. */
  readonly upgrade: readonly string[];
};

/** Parts of a start line. */
const lineStart = 0;
const emptyLineLf = 1;
const methodPart = 2;
const targetPart = 3;
const versionPart = 4;
const statusPart = 5;
const reasonPart = 6;
const lineLf = 7;

/** A longer method is none that is registered (the longest has 17 characters). */
const maxMethodBytes = 32;

const versionBytes = Buffer.from('HTTP/1.', 'latin1');
const digit0 = 0x30;
const digit9 = 0x39;

/** Reads the requests of one connection, one head after the other; `push` throws `HW_HTTP_…` errors of 400 to 505. */
export class RequestHeadReader extends SectionReader<RequestHead> {
  #part = lineStart;
  #methodStart = 0;
  #methodEnd = 0;
  #targetEnd = 0;
  #minor: 0 | 1 = 1;

  constructor(limits: HeadLimits) {
    super(limits, startLinePhase);
  }

  protected override readStartLine(end: number): void {
    let at = this.at;
    let part = this.#part;
    while (at < end) {
      if (part === lineStart) {
        // One empty line before a request is skipped (RFC 9112, 2.2).
        if (area[at] === cr) {
          at++;
          part = emptyLineLf;
          continue;
        }
        this.#methodStart = at;
        part = methodPart;
      } else if (part === emptyLineLf) {
        if (area[at] !== lf) throw badLine('a CR without LF before the request line');
        at++;
        this.#methodStart = at;
        part = methodPart;
        continue;
      }
      if (part === methodPart) {
        const limit = this.#methodStart + maxMethodBytes;
        while (at < end && tokenByte[area[at] as number] === 1) at++;
        if (at > limit) {
          throw http1Error('HW_HTTP_METHOD', `a method of more than ${maxMethodBytes} bytes`);
        }
        if (at === end) break;
        if (area[at] !== space || at === this.#methodStart) {
          throw badLine(`${byteName(area[at] as number)} in the method`);
        }
        this.#methodEnd = at;
        at++;
        part = targetPart;
      }
      if (part === targetPart) {
        while (at < end && targetByte[area[at] as number] === 1) at++;
        if (at === end) break;
        if (area[at] !== space || at === this.#methodEnd + 1) {
          throw badLine(`${byteName(area[at] as number)} in the target`);
        }
        this.#targetEnd = at;
        at++;
        part = versionPart;
      }
      if (part === versionPart) {
        const start = this.#targetEnd + 1;
        while (at < end && at < start + versionBytes.length) {
          if (area[at] !== versionBytes[at - start]) throw badVersion(at - start);
          at++;
        }
        if (at === end) break;
        const digit = (area[at] as number) - digit0;
        if (digit !== 0 && digit !== 1) throw badVersion(at - start);
        this.#minor = digit;
        at++;
        part = reasonPart;
      }
      if (part === reasonPart) {
        if (at === end) break;
        if (area[at] !== cr) throw badLine(`${byteName(area[at] as number)} behind the version`);
        at++;
        part = lineLf;
      }
      if (part === lineLf) {
        if (at === end) break;
        if (area[at] !== lf) throw badLine('a CR without LF behind the version');
        this.#part = lineStart;
        this.endStartLine(at + 1);
        return;
      }
    }
    this.at = at;
    this.#part = part;
  }

  protected override finish(text: string): RequestHead {
    const minor = this.#minor;
    const method = text.substring(this.#methodStart, this.#methodEnd);
    const sentTarget = text.substring(this.#methodEnd + 1, this.#targetEnd);
    let fields = this.fieldsOf(text);
    let target = sentTarget;
    let host = this.#host(fields);
    if (sentTarget.charCodeAt(0) !== 0x2f || method === 'CONNECT') {
      const parsed = parseTarget(method, sentTarget);
      if (parsed === undefined) throw badLine('the target is in no form that the method can have');
      target = parsed.target;
      if (parsed.authority !== undefined) {
        host = parsed.authority;
        fields = withHost(fields, host);
      }
    }
    const options = connectionOptions(fields);
    const framing = requestFraming(fields, minor);
    return {
      method,
      target,
      sentTarget,
      minor,
      fields,
      framing,
      keepAlive: wantsKeepAlive(options, minor),
      host,
      upgrade: upgradeTokens(fields, options, minor),
      expectContinue:
        minor === 1 && fields.getById(nameIds.expect)?.toLowerCase() === '100-continue',
    };
  }

  /** The one valid Host; undefined when there is none, which only HTTP/1.0 may do (RFC 9112, 3.2). */
  #host(fields: Fields): string | undefined {
    const index = fields.indexOfId(nameIds.host);
    if (index === -1) {
      if (this.#minor === 0) return undefined;
      throw http1Error('HW_HTTP_HOST', 'a request of HTTP/1.1 has no Host');
    }
    if (fields.isRepeated(nameIds.host)) {
      throw http1Error('HW_HTTP_HOST', 'a request has two Host fields');
    }
    // The offsets of a field are the same in `area`, where bytes are tested faster than characters.
    const place = index * placeSize;
    if (!isHost(area, this.places[place + 3] as number, this.places[place + 4] as number)) {
      throw http1Error('HW_HTTP_HOST', 'the Host of a request is no host');
    }
    return fields.valueAt(index);
  }

  protected override malformed(reason: string): HatchwayError {
    return http1Error('HW_HTTP_FIELD', `a request's fields have ${reason}`);
  }

  protected override tooLarge(): HatchwayError {
    const { headBytes, headFields } = this.limits;
    return this.phase === startLinePhase
      ? http1Error('HW_HTTP_TARGET_TOO_LONG', `a request line of more than ${headBytes} bytes`)
      : http1Error(
          'HW_HTTP_HEAD_TOO_LARGE',
          `a request head of more than ${headBytes} bytes or ${headFields} fields`,
        );
  }
}

/** Reads the responses of one connection, interim ones (1xx) included; `push` throws `HW_HTTP_RESPONSE…` errors (502). */
export class ResponseHeadReader extends SectionReader<ResponseHead> {
  /** Method of the request that is answered next: it decides whether a body follows. Set before each response. */
  requestMethod = 'GET';
  #part = versionPart;
  #minor: 0 | 1 = 1;
  #reasonStart = 0;
  #reasonEnd = 0;

  constructor(limits: HeadLimits) {
    super(limits, startLinePhase);
  }

  protected override readStartLine(end: number): void {
    let at = this.at;
    let part = this.#part;
    while (at < end) {
      if (part === versionPart) {
        while (at < end && at < versionBytes.length) {
          if (area[at] !== versionBytes[at]) throw badResponse('it does not begin with HTTP/1.');
          at++;
        }
        if (at === end) break;
        const digit = (area[at] as number) - digit0;
        if (digit !== 0 && digit !== 1) throw badResponse('its version is neither 1.0 nor 1.1');
        this.#minor = digit;
        at++;
        part = statusPart;
      }
      if (part === statusPart) {
        const start = versionBytes.length + 1;
        while (at < end && at < start + 4) {
          const byte = area[at] as number;
          const ok =
            at === start
              ? byte === space
              : byte >= (at === start + 1 ? digit0 + 1 : digit0) && byte <= digit9;
          if (!ok) throw badResponse('its status is not three digits');
          at++;
        }
        if (at === end) break;
        // Servers leave out the space with the reason, though they should not.
        if (area[at] !== space && area[at] !== cr) {
          throw badResponse('its status is not three digits');
        }
        if (area[at] === space) at++;
        this.#reasonStart = at;
        part = reasonPart;
      }
      if (part === reasonPart) {
        while (at < end && valueByte[area[at] as number] === 1) at++;
        if (at === end) break;
        if (area[at] !== cr) throw badResponse(`${byteName(area[at] as number)} in its reason`);
        this.#reasonEnd = at;
        at++;
        part = lineLf;
      }
      if (part === lineLf) {
        if (at === end) break;
        if (area[at] !== lf) throw badResponse('a CR without LF behind its reason');
        this.#part = versionPart;
        this.endStartLine(at + 1);
        return;
      }
    }
    this.at = at;
    this.#part = part;
  }

  protected override finish(text: string): ResponseHead {
    const minor = this.#minor;
    const statusStart = versionBytes.length + 2;
    const status =
      (text.charCodeAt(statusStart) - digit0) * 100 +
      (text.charCodeAt(statusStart + 1) - digit0) * 10 +
      (text.charCodeAt(statusStart + 2) - digit0);
    const reason = text.substring(this.#reasonStart, this.#reasonEnd);
    const fields = this.fieldsOf(text);
    const options = connectionOptions(fields);
    const framing = responseFraming(fields, minor, status, this.requestMethod);
    return {
      status,
      reason,
      minor,
      fields,
      framing,
      keepAlive:
        status !== 101 &&
        framing.kind !== 'until-close' &&
        wantsKeepAlive(options, minor) &&
        !announcesImpossibleBody(fields, status),
      upgrade: upgradeTokens(fields, options, minor),
    };
  }

  protected override malformed(reason: string): HatchwayError {
    return badResponse(`its fields have ${reason}`);
  }

  protected override tooLarge(): HatchwayError {
    const { headBytes, headFields } = this.limits;
    return http1Error(
      'HW_HTTP_RESPONSE_TOO_LARGE',
      `a response head of more than ${headBytes} bytes or ${headFields} fields`,
    );
  }
}

/** The same fields with another host, so that nobody behind can go by the one that does not count. */
function withHost(fields: Fields, host: string): Fields {
  const current = fields.getById(nameIds.host);
  if (current === host) return fields;
  const flat = [...fields.flat];
  if (current === undefined) flat.unshift('Host', host);
  for (let i = 0; i < fields.count; i++) {
    if (fields.idAt(i) === nameIds.host) flat[i * 2 + 1] = host;
  }
  return Fields.of(flat);
}

function badLine(reason: string): HatchwayError {
  return http1Error('HW_HTTP_REQUEST_LINE', `bad request line: ${reason}`);
}

/** What is no `HTTP/` at all is a bad request line, not another version. */
function badVersion(index: number): HatchwayError {
  return index < 'HTTP/'.length
    ? badLine('the version does not begin with HTTP/')
    : http1Error('HW_HTTP_VERSION', 'a request in a version that is neither HTTP/1.0 nor HTTP/1.1');
}

function badResponse(reason: string): HatchwayError {
  return http1Error('HW_HTTP_RESPONSE', `a response is malformed: ${reason}`);
}
