/**
 * The Docker Engine API as far as a terminal needs it: JSON requests and the hijacked stream of an exec. Knows the
 * wire, not what a session is.
 */
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { codeOf } from '../../../base/errors.ts';
import { consoleError } from '../../errors.ts';

/** The newest API version this speaks; the engine's own is used when it is older. */
const newestVersion = [1, 44] as const;

/** "client version 1.41 is too old. Minimum supported API version is 1.44", and the same for too new. */
const otherVersion = /^client version \S+ is too (?:old|new)/;

/** An engine that does not answer a small request within this is not going to. */
const answerMs = 15_000;

/** Answers are lists of containers at the largest. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** The engine refused a request. `message` is its own. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A stream that took over its connection: raw bytes up, raw (terminal) bytes down. */
export type Hijacked = { readonly socket: Duplex; readonly head: Buffer };

export class Engine {
  /** As configured, for people. */
  readonly address: string;
  readonly #options: RequestOptions;
  readonly #secure: boolean;
  readonly #agent: HttpAgent;
  #version: Promise<readonly [number, number]> | undefined;

  /**
   * @param address `unix:///path`, `tcp://host:port` or `http(s)://host:port`, as DOCKER_HOST
   * @param certPath folder with ca.pem, cert.pem and key.pem; with it a tcp address speaks TLS
   */
  constructor(address: string, certPath?: string) {
    this.address = address;
    const url = new URL(address);
    this.#secure = url.protocol === 'https:' || (url.protocol === 'tcp:' && certPath !== undefined);
    if (url.protocol === 'unix:') {
      this.#options = { socketPath: decodeURIComponent(url.pathname), headers: { Host: 'docker' } };
    } else {
      this.#options = {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || (this.#secure ? 2376 : 2375),
        ...(certPath === undefined ? {} : certificates(certPath)),
      };
    }
    this.#agent = this.#secure
      ? new HttpsAgent({ keepAlive: true })
      : new HttpAgent({ keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Whether the engine speaks at least API 1.`minor`. */
  async speaks(minor: number): Promise<boolean> {
    return (await this.#negotiated())[1] >= minor;
  }

  /**
   * A JSON request; returns the answer's JSON, undefined for an empty one.
   * Throws EngineRefusal, or HW_TARGET_UNREACHABLE.
   */
  async call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const [major, minor] = await this.#negotiated();
    const { status, text } = await this.#send(method, `/v${major}.${minor}${path}`, body, signal);
    if (status >= 400) {
      const message = messageOf(text);
      // Another engine answers here than the one asked first: it was updated, or is another machine's.
      if (status === 400 && otherVersion.test(message) && (await this.#renegotiated(minor))) {
        return this.call(method, path, body, signal);
      }
      throw new EngineRefusal(status, message);
    }
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Starts what takes over its connection. Throws as `call`. */
  async hijack(path: string, body: unknown): Promise<Hijacked> {
    const [major, minor] = await this.#negotiated();
    const json = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = this.#request({
        method: 'POST',
        path: `/v${major}.${minor}${path}`,
        agent: false,
        headers: {
          ...(this.#options.headers as Record<string, string> | undefined),
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(json),
          Connection: 'Upgrade',
          Upgrade: 'tcp',
        },
      });
      request.setTimeout(answerMs, () => request.destroy(timeout()));
      request.on('error', (error) => reject(this.#unreachable(error)));
      request.on('upgrade', (_response, socket, head) => {
        socket.setTimeout(0);
        // A shell that says nothing for hours must not die of a forgotten NAT entry unnoticed.
        socket.setKeepAlive(true, 30_000);
        socket.setNoDelay(true);
        resolve({ socket, head });
      });
      request.on('response', async (response) => {
        try {
          const text = await readAll(response);
          reject(new EngineRefusal(response.statusCode ?? 500, messageOf(text)));
        } catch (error) {
          reject(this.#unreachable(error));
        }
      });
      request.end(json);
    });
  }

  #negotiated(): Promise<readonly [number, number]> {
    this.#version ??= this.#ping().catch((error) => {
      // Asked again the next time: the engine may have been started meanwhile.
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  /** Asks for the version anew; whether it is another one than `minor`. */
  async #renegotiated(minor: number): Promise<boolean> {
    this.#version = undefined;
    return (await this.#negotiated())[1] !== minor;
  }

  async #ping(): Promise<readonly [number, number]> {
    const { headers } = await this.#send('GET', '/_ping');
    const [major, minor] = String(headers['api-version'] ?? '1.24')
      .split('.')
      .map(Number);
    if (major !== newestVersion[0] || minor === undefined || minor > newestVersion[1]) {
      return newestVersion;
    }
    return [major, minor];
  }

  #send(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = this.#request({
        method,
        path,
        agent: this.#agent,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          ...(this.#options.headers as Record<string, string> | undefined),
          ...(json === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) }),
        },
      });
      request.setTimeout(answerMs, () => request.destroy(timeout()));
      request.on('error', (error) => reject(this.#unreachable(error)));
      request.on('response', async (response) => {
        try {
          const text = await readAll(response);
          resolve({ status: response.statusCode ?? 500, headers: response.headers, text });
        } catch (error) {
          reject(this.#unreachable(error));
        }
      });
      request.end(json);
    });
  }

  #request(options: RequestOptions) {
    const whole = { ...this.#options, ...options };
    return this.#secure ? httpsRequest(whole) : httpRequest(whole);
  }

  #unreachable(error: unknown) {
    this.#version = undefined;
    const code = codeOf(error);
    const why =
      code === 'ENOENT'
        ? 'there is no such socket'
        : code === 'ECONNREFUSED'
          ? 'nothing listens there'
          : code === 'EACCES'
            ? 'this user may not use it'
            : code === 'ETIMEDOUT'
              ? 'it does not answer'
              : ((error as Error).message ?? String(error));
    return consoleError(
      'HW_TARGET_UNREACHABLE',
      `The Docker engine at ${this.address} cannot be reached: ${why}.`,
      {
        cause: error,
        remedy:
          code === 'EACCES'
            ? 'Run Hatchway as a user of the group docker, then try again.'
            : 'Start the engine, or set console.targets.docker in hatchway.yaml to its address, then try again.',
      },
    );
  }
}

function certificates(folder: string) {
  return {
    ca: readFileSync(join(folder, 'ca.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
    key: readFileSync(join(folder, 'key.pem')),
  };
}

function timeout(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The engine says `{"message": "…"}`; proxies in front of it say other things. */
function messageOf(text: string): string {
  try {
    const message = (JSON.parse(text) as { message?: unknown }).message;
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: shown as it is.
  }
  return text.trim().slice(0, 300) || 'no reason given';
}
