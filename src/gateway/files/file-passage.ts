/**
 * A request that is answered from the disk: what is looked for first, the index of a folder, the file, its parts, and the bytes
 * with back-pressure. The order of looking is nginx's (try_files, index, static).
 *
 *   tried paths ─▶ found ─▶ index ─▶ another request     (`/a/` goes on as `/a/index.html`)
 *        │                    └────▶ file ─▶ head, chunk, drain, chunk … end
 *        └─ none ─▶ a status, or another request
 *
 * Links are followed, as by nginx. Which route has the request, and what an error looks like, is for the exchange.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { codeOf, type HatchwayError } from '../../base/errors.ts';
import { never } from '../deadlines.ts';
import { gatewayError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { hasTakenAll } from '../read-memory.ts';
import { escapePath } from '../request-uri.ts';
import type { Route } from '../serving.ts';
import { parseRanges } from './byte-ranges.ts';
import { type FileBody, fileLines, fileStatusLine, rangesOfFile, wholeFile } from './file-head.ts';
import { mayContinue, precondition, type Validators } from './preconditions.ts';
import type { RouteFiles } from './route-files.ts';

/** Read at a time, in bytes: what a stream of Node takes before it asks for a pause. */
const chunkBytes = 64 * 1024;

/** Never waits for the other end of a pipe. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

export class FilePassage {
  /** Nothing of an upstream's. */
  readonly answer = undefined;
  readonly #exchange: Exchange;
  readonly #route: Route;
  readonly #files: RouteFiles;
  /** Whether nobody waits for it any more. */
  #isLeft = false;
  /** Whether the path is one that was looked for. */
  #isTried = false;
  /** What is read into; undefined while a stream may still have what was read before. */
  #buffer: Buffer | undefined;
  /** Called when the client takes more, or has gone. */
  #goOn: (() => void) | undefined;

  constructor(exchange: Exchange, route: Route, files: RouteFiles) {
    this.#exchange = exchange;
    this.#route = route;
    this.#files = files;
  }

  begin(): void {
    this.#exchange.client.deadline = never;
    this.#serve().catch((error: unknown) => this.#exchange.fail(error));
  }

  /** Gives up; may be called more than once. */
  leave(): void {
    this.#isLeft = true;
    this.resume();
  }

  /** The client takes more of the answer. */
  resume(): void {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
  }

  /** The client's body is thrown away here, and does not count. */
  watch(): void {}

  async #serve(): Promise<void> {
    if (this.#files.otherwise !== undefined && !(await this.#try(this.#files.otherwise))) return;
    if (this.#isLeft) return;
    if (this.#route.upstream !== undefined) {
      this.#isLeft = true;
      this.#exchange.ask(this.#route);
      return;
    }
    const { request, body } = this.#exchange;
    const isPost = request.method === 'POST';
    if (!isPost && request.method !== 'GET' && request.method !== 'HEAD') throw this.#notAllowed();
    body?.discard();
    if (request.path.endsWith('/')) await this.#sendIndex();
    else await this.#sendFile(isPost);
  }

  // What is looked for first.

  /** Whether there is something to be served, as which the request goes on. */
  async #try(otherwise: NonNullable<RouteFiles['otherwise']>): Promise<boolean> {
    const files = this.#files;
    const { request } = this.#exchange;
    for (const tried of files.tried) {
      const path = files.triedPathOf(request, tried);
      const found = await statIfThere(files.triedNameOf(request, path));
      if (this.#isLeft) return false;
      if (found === undefined || found.isDirectory() !== tried.isFolder) continue;
      request.path = files.pathFound(request, path, tried.isFolder);
      this.#isTried = !tried.isFolder;
      return true;
    }
    this.#isLeft = true;
    if (typeof otherwise === 'number') {
      if (otherwise === 404) throw gatewayError('HW_NO_FILE', 'nothing that is tried is there');
      this.#exchange.answer({ status: otherwise, ...(otherwise < 400 ? { body: '' } : {}) });
      return false;
    }
    const to = files.triedPathOf(request, otherwise);
    const mark = to.indexOf('?');
    if (to.startsWith('@') || mark === -1) this.#exchange.goOnAs(to, undefined);
    else this.#exchange.goOnAs(to.slice(0, mark), to.slice(mark + 1));
    return false;
  }

  // A folder.

  async #sendIndex(): Promise<void> {
    const { request } = this.#exchange;
    const folder = this.#files.nameOf(request, this.#isTried);
    let isChecked = false;
    for (const index of this.#files.index) {
      const name = index(request);
      if (name.startsWith('/')) {
        this.#goOnAs(name);
        return;
      }
      const path = this.#files.indexNameOf(folder, name);
      const error = await failureOf(stat(Buffer.from(path, 'latin1')));
      if (this.#isLeft) return;
      if (error === undefined) {
        this.#goOnAs(request.path + name);
        return;
      }
      if (codeOf(error) !== 'ENOENT') throw fileError(error, path);
      if (!isChecked) await checkFolder(folder);
      if (this.#isLeft) return;
      isChecked = true;
    }
    throw gatewayError('HW_FILE_DENIED', `${folder} has no index, and folders are not listed`);
  }

  #goOnAs(path: string): void {
    this.#isLeft = true;
    this.#exchange.goOnAs(path, this.#exchange.request.query);
  }

  // A file.

  /** @param isPost which nginx refuses only where there is a file */
  async #sendFile(isPost: boolean): Promise<void> {
    const { request } = this.#exchange;
    const name = this.#files.nameOf(request, this.#isTried);
    let handle: FileHandle;
    try {
      handle = await open(Buffer.from(name, 'latin1'), openFlags);
    } catch (error) {
      throw fileError(error, name);
    }
    try {
      const found = await statOf(handle, name);
      if (this.#isLeft) return;
      if (found.isDirectory()) {
        const query =
          request.query === undefined || request.query === '' ? '' : `?${request.query}`;
        const location = `${escapePath(request.path)}/${query}`;
        this.#exchange.answer({ status: 301, location });
      } else if (!found.isFile()) {
        throw gatewayError('HW_NO_FILE', `${name} is no regular file`);
      } else if (isPost) {
        throw this.#notAllowed();
      } else {
        await this.#send(handle, name, found);
      }
    } finally {
      // What was only read has nothing that could be lost now.
      await handle.close().catch(() => {});
    }
  }

  async #send(handle: FileHandle, name: string, found: Stats): Promise<void> {
    const { pageStatus, head } = this.#exchange;
    const { size } = found;
    const modifiedAt = Math.floor(found.mtimeMs / 1000);
    const etag = this.#files.etag ? `"${modifiedAt.toString(16)}-${size.toString(16)}"` : undefined;
    const validators: Validators = { etag, modifiedAt };
    const type = this.#files.typeOf(this.#exchange.request);
    if (pageStatus !== undefined && pageStatus !== 200) {
      if (pageStatus === 204 || pageStatus === 304) {
        // These have no body (RFC 9110, 15), whatever the page has.
        this.#exchange.answer({ status: pageStatus, body: '' });
        return;
      }
      await this.#sendAs(pageStatus, validators, wholeFile(size, type), handle, name);
      return;
    }
    const { fields } = head;
    switch (precondition(fields, validators, this.#files.modifiedSince)) {
      case 'failed':
        throw gatewayError('HW_PRECONDITION', `${name} is not as the client wants it`);
      case 'not-modified':
        await this.#sendAs(304, validators, undefined, handle, name);
        return;
      case 'send':
        break;
    }
    const range = fields.get('range');
    const { maxRanges } = this.#files;
    const ranges =
      range === undefined || maxRanges === 0 || !mayContinue(fields.get('if-range'), validators)
        ? 'whole'
        : parseRanges(range, size, maxRanges);
    if (ranges === 'unsatisfiable') {
      this.#exchange.ownLines += `Content-Range: bytes */${size}\r\n`;
      throw gatewayError('HW_RANGE', `${name} has ${size} bytes, and not ${range}`);
    }
    if (ranges === 'whole')
      await this.#sendAs(200, validators, wholeFile(size, type), handle, name);
    else await this.#sendAs(206, validators, rangesOfFile(ranges, size, type), handle, name);
  }

  async #sendAs(
    status: number,
    validators: Validators,
    body: FileBody | undefined,
    handle: FileHandle,
    name: string,
  ): Promise<void> {
    const exchange = this.#exchange;
    const { answer } = exchange.request;
    const keepAlive = exchange.mayKeepAlive();
    const head = this.#head(
      status,
      fileLines(status, validators, body, this.#files.maxRanges > 0),
      keepAlive,
    );
    if (exchange.head.method === 'HEAD' || body === undefined || body.length === 0) {
      exchange.client.socket.write(head, 'latin1');
      answer.status = status;
      answer.headBytes = head.length;
    } else {
      await this.#stream(status, head, body, handle, name);
      if (this.#isLeft) return;
    }
    exchange.finish(keepAlive);
  }

  #head(status: number, lines: string, keepAlive: boolean): string {
    const { request, ownLines, head } = this.#exchange;
    const { answer } = request;
    const { response } = this.#route;
    answer.writtenLines = lines;
    let kept = lines;
    let added = ownLines;
    if (response !== undefined) {
      answer.expectedStatus = status;
      kept = response.kept(lines, status);
      added += response.added(request, status, answer.sentField('last-modified'));
      answer.writtenLines = kept + added;
    }
    const connection = keepAlive
      ? head.minor === 0
        ? 'Connection: keep-alive\r\n'
        : ''
      : 'Connection: close\r\n';
    return `${fileStatusLine(status)}${kept}${connection}${added}\r\n`;
  }

  /** Reads a chunk once the client has taken the one before. Nothing is written before the first one is here. */
  async #stream(
    status: number,
    head: string,
    { parts, after }: FileBody,
    handle: FileHandle,
    name: string,
  ): Promise<void> {
    const { client, request } = this.#exchange;
    const { answer } = request;
    let text = head;
    let headLength = head.length;
    for (const { before, start, end } of parts) {
      text += before;
      for (let at = start; at < end; ) {
        const bytes = await this.#read(handle, at, Math.min(end - at, chunkBytes), name);
        if (this.#isLeft) return;
        at += bytes.length;
        const chunk = text === '' ? bytes : Buffer.concat([Buffer.from(text, 'latin1'), bytes]);
        answer.status = status;
        answer.headBytes = head.length;
        answer.ownBytes += chunk.length - headLength;
        text = '';
        headLength = 0;
        if (!client.socket.write(chunk)) await this.#drained();
        if (this.#isLeft) return;
        if (!hasTakenAll(client.socket)) this.#buffer = undefined;
      }
    }
    if (after === '') return;
    client.socket.write(after, 'latin1');
    answer.ownBytes += after.length;
  }

  /** At least one byte. */
  async #read(handle: FileHandle, at: number, length: number, name: string): Promise<Buffer> {
    if (this.#buffer === undefined || this.#buffer.length < length) {
      this.#buffer = Buffer.allocUnsafeSlow(length);
    }
    const buffer = this.#buffer;
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(buffer, 0, length, at));
    } catch (error) {
      throw fileError(error, name);
    }
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    throw gatewayError('HW_FILE_CUT', `${name} has become shorter while it was sent`);
  }

  async #drained(): Promise<void> {
    const { client, site } = this.#exchange;
    if (!client.socket.writableNeedDrain) return;
    client.deadline = client.serving.deadlines.after(site.limits.bodyMs);
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    if (!this.#isLeft) client.deadline = never;
  }

  #notAllowed(): HatchwayError {
    const line = 'Allow: GET, HEAD\r\n';
    // The page of a 405 may be a file, too.
    if (!this.#exchange.ownLines.includes(line)) this.#exchange.ownLines += line;
    const { method } = this.#exchange.request;
    return gatewayError('HW_METHOD_NOT_ALLOWED', `${method} is for no file`);
  }
}

/** Undefined for nothing there, and for what cannot be seen. */
async function statIfThere(name: string): Promise<Stats | undefined> {
  try {
    return await stat(Buffer.from(name, 'latin1'));
  } catch {
    return undefined;
  }
}

/** A network's disk may be gone by now, or have another file in its place. */
async function statOf(handle: FileHandle, name: string): Promise<Stats> {
  try {
    return await handle.stat();
  } catch (error) {
    throw fileError(error, name);
  }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Throws `HW_NO_FILE` for nothing there. What may be searched and not be seen is a folder. */
async function checkFolder(name: string): Promise<void> {
  let found: Stats;
  try {
    found = await stat(Buffer.from(name, 'latin1'));
  } catch (error) {
    if (codeOf(error) === 'EACCES') return;
    throw fileError(error, name);
  }
  if (!found.isDirectory()) throw gatewayError('HW_FILE_UNREADABLE', `${name} is no folder`);
}

/** As nginx's answers to what the system says. */
function fileError(error: unknown, name: string): HatchwayError {
  const code = codeOf(error);
  const message = `${name} cannot be read: ${code ?? error}`;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return gatewayError('HW_NO_FILE', `${name} is not there`);
    case 'EACCES':
      return gatewayError('HW_FILE_DENIED', message);
    case undefined:
      throw error;
    default:
      return gatewayError('HW_FILE_UNREADABLE', message, { cause: error });
  }
}
