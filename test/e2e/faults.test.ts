/**
 * What goes wrong between clients, the gateway and upstreams: each time the client learns it in the right way, others are
 * served on, and the process has as many sockets as before.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RawServer, type RawSocket, rawConnect } from '../../src/gateway/testing/raw-socket.ts';
import { startChild } from '../kit/child.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { openSockets, socketsAreBackTo } from '../kit/open-sockets.ts';
import { freePort } from '../kit/ports.ts';
import { atEnd, type Scope } from '../kit/scope.ts';

leaveNothingBehind();

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\n`;
const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';
const switching = `HTTP/1.1 101 Switching Protocols\r\n${upgrade}${accept}\r\n`;

/** A server whose connections the test plays by hand, in front of it a site of a Hatchway of its own. */
class Rig {
  readonly hatchway: Hatchway;
  readonly upstream: RawServer;
  readonly #t: TestContext;
  readonly #sockets: number;

  private constructor(t: TestContext, hatchway: Hatchway, upstream: RawServer) {
    this.#t = t;
    this.hatchway = hatchway;
    this.upstream = upstream;
    this.#sockets = openSockets(hatchway.pid);
  }

  /** @param timeouts of the upstream, as in the configuration */
  static async start(t: TestContext, timeouts = 'connect: 1s, read: 1s'): Promise<Rig> {
    const upstream = await RawServer.listen();
    atEnd(t, () => upstream.close());
    const hatchway = await startHatchway(t, {
      config: siteTo(`http://127.0.0.1:${upstream.port}`, timeouts),
    });
    return new Rig(t, hatchway, upstream);
  }

  /** A client that has sent this. */
  async client(text: string): Promise<RawSocket> {
    const client = await rawConnect(this.hatchway.port);
    atEnd(this.#t, () => client.destroy());
    client.write(text);
    return client;
  }

  /** A client that has sent this, and the upstream's end of it, which has got the head. */
  async ask(text: string): Promise<{ client: RawSocket; upstream: RawSocket }> {
    const client = await this.client(text);
    const upstream = await this.upstream.accept();
    await upstream.head();
    return { client, upstream };
  }

  async tunnel(): Promise<{ client: RawSocket; upstream: RawSocket }> {
    const ends = await this.ask(get(`${upgrade}${key}`));
    ends.upstream.write(switching);
    await ends.client.head();
    return ends;
  }

  /** Others are still served, and nothing is left open. */
  async isWell(): Promise<void> {
    const response = await httpRequest(`${this.hatchway.origin}/`);
    assert.equal(response.status, 200);
    await socketsAreBackTo(this.#sockets, this.hatchway.pid);
  }
}

function siteTo(url: string, timeouts: string): string {
  return `sites:\n  - host: app.test\n    to: ${url}\n    timeouts: { ${timeouts} }\n`;
}

function get(fields = ''): string {
  return `GET / HTTP/1.1\r\nHost: app.test\r\n${fields}\r\n`;
}

/** Both ways in which a process that is killed can leave its connections. */
const endings = {
  'closed by': (socket: RawSocket) => socket.destroy(),
  'reset by': (socket: RawSocket) => socket.reset(),
} as const;

test('an upstream that goes away', async (t) => {
  const rig = await Rig.start(t);
  for (const [ending, goAway] of Object.entries(endings)) {
    await t.test(`${ending} it before its answer: 502`, async () => {
      const { client, upstream } = await rig.ask(get());
      goAway(upstream);
      assert.match(await client.head(), /^HTTP\/1\.1 502 /);
      client.destroy();
      await rig.isWell();
    });

    await t.test(`${ending} it in the middle of a head: 502`, async () => {
      const { client, upstream } = await rig.ask(get());
      upstream.write('HTTP/1.1 200 OK\r\nServer: ');
      goAway(upstream);
      assert.match(await client.head(), /^HTTP\/1\.1 502 /);
      client.destroy();
      await rig.isWell();
    });

    for (const [name, answer] of [
      ['a length', 'Content-Length: 10\r\n\r\nabc'],
      ['chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ]) {
      await t.test(`${ending} it in the middle of a body with ${name}: a cut body`, async () => {
        const { client, upstream } = await rig.ask(get());
        upstream.write(`HTTP/1.1 200 OK\r\n${answer}`);
        assert.match(await client.head(), /^HTTP\/1\.1 200 /);
        await client.until('abc');
        goAway(upstream);
        await client.gone();
        assert.equal(client.pending.trim(), '', 'something follows, perhaps a last chunk');
        client.destroy();
        await rig.isWell();
      });
    }

    await t.test(`${ending} it in the middle of a request's body: 502`, async () => {
      const { client, upstream } = await rig.ask(
        'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000\r\n\r\nabc',
      );
      await upstream.until('abc');
      goAway(upstream);
      assert.match(await client.head(), /^HTTP\/1\.1 502 /);
      client.destroy();
      await rig.isWell();
    });

    await t.test(`${ending} it in the middle of a tunnel: the tunnel ends`, async () => {
      const { client, upstream } = await rig.tunnel();
      upstream.write('\x81\x02hi');
      await client.bytes(4);
      goAway(upstream);
      const code = await client.gone();
      if (ending === 'reset by') assert.equal(code, 'ECONNRESET', 'a reset is no regular end');
      client.destroy();
      await rig.isWell();
    });
  }
});

test('a body that lasts until the close and is cut shows as cut', async (t) => {
  const rig = await Rig.start(t);
  const { client, upstream } = await rig.ask('GET / HTTP/1.0\r\nHost: app.test\r\n\r\n');
  upstream.write('HTTP/1.1 200 OK\r\n\r\nabc');
  await client.until('abc');
  upstream.reset();
  assert.equal(await client.gone(), 'ECONNRESET');
  await rig.isWell();
});

test('a client that goes away', async (t) => {
  const rig = await Rig.start(t, 'read: 1m');
  for (const [ending, goAway] of Object.entries(endings)) {
    await t.test(`${ending} it while it waits: the upstream is left`, async () => {
      const { client, upstream } = await rig.ask(get());
      goAway(client);
      await upstream.gone();
      await rig.isWell();
    });

    await t.test(`${ending} it in the middle of its body: the upstream is left`, async () => {
      const { client, upstream } = await rig.ask(
        'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
      );
      await upstream.until('abc\r\n');
      goAway(client);
      await upstream.gone();
      assert.equal(upstream.pending, '', 'the body has got an end');
      await rig.isWell();
    });

    await t.test(`${ending} it in the middle of an answer: the upstream is left`, async () => {
      const { client, upstream } = await rig.ask(get());
      upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc');
      await client.until('abc');
      goAway(client);
      await upstream.gone();
      await rig.isWell();
    });

    await t.test(`${ending} it in the middle of a tunnel: the upstream's end is gone`, async () => {
      const { client, upstream } = await rig.tunnel();
      client.write('\x81\x80abcd');
      await upstream.bytes(6);
      goAway(client);
      await upstream.gone();
      upstream.destroy();
      await rig.isWell();
    });
  }

  await t.test('a thousand times, with and without a request', async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const client = await rig.client(['', 'GET / HT', get()][i % 3] ?? '');
          if (i % 2 === 0) client.reset();
          else client.destroy();
        }),
      );
    }
    await rig.isWell();
  });
});

test('an upstream that takes its time', async (t) => {
  const rig = await Rig.start(t);

  await t.test('and never answers: 504 after the read timeout', async () => {
    const { client, upstream } = await rig.ask(get());
    assert.match(await client.head(), /^HTTP\/1\.1 504 /);
    await upstream.gone();
    client.destroy();
    await rig.isWell();
  });

  await t.test('in the middle of its body: a cut body', async () => {
    const { client, upstream } = await rig.ask(get());
    upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.until('abc\r\n');
    await client.gone();
    assert.equal(client.pending, '');
    await upstream.gone();
    client.destroy();
    await rig.isWell();
  });
});

test('a listen queue that is full: 504 after the connect timeout', async (t) => {
  const port = await deafServer(t);
  await fillQueue(t, port);
  const hatchway = await startHatchway(t, {
    config: siteTo(`http://127.0.0.1:${port}`, 'connect: 1s'),
  });
  const before = openSockets(hatchway.pid);
  const response = await httpRequest(hatchway.origin, { headers: { host: 'app.test' } });
  assert.equal(response.status, 504);
  assert.match(response.text, /HW_UPSTREAM_CONNECT_TIMEOUT/);
  await socketsAreBackTo(before, hatchway.pid);
});

/** The port of a server that listens and never accepts; the kernel keeps one connection for it. */
async function deafServer(scope: Scope): Promise<number> {
  const program = [
    'import signal, socket',
    's = socket.socket()',
    "s.bind(('127.0.0.1', 0))",
    's.listen(0)',
    "print('port', s.getsockname()[1], flush=True)",
    'signal.pause()',
  ].join('\n');
  const child = startChild(scope, '/usr/bin/python3', ['-c', program]);
  return Number((await child.said(/port (\d+)/))[1]);
}

/** Connects until the kernel takes no more: then a connection attempt gets no answer at all. */
async function fillQueue(scope: Scope, port: number): Promise<void> {
  for (let full = false; !full; ) {
    const socket = connect({ host: '127.0.0.1', port });
    atEnd(scope, () => {
      socket.destroy();
    });
    // Loopback answers at once or never.
    const patience = AbortSignal.timeout(300);
    full = await once(socket, 'connect', { signal: patience }).then(
      () => false,
      () => true,
    );
    socket.on('error', () => {});
  }
}

test('an upstream that is restarted', async (t) => {
  const port = await freePort();
  const first = await Backend.start(t, port);
  const hatchway = await startHatchway(t, {
    config: siteTo(`http://127.0.0.1:${port}`, 'read: 5s'),
  });
  const before = openSockets(hatchway.pid);
  const ask = async (method: string) => {
    const request = { method, headers: { host: 'app.test' } };
    return (await httpRequest(hatchway.origin, request)).status;
  };

  await t.test('is asked again over a new connection what may be asked twice', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      assert.equal(await ask('GET'), 200, 'leaves a connection that is used again');
      const { requests } = first;
      first.dropsNext = true;
      assert.equal(await ask(method), 200, method);
      assert.equal(first.requests, requests + 2);
    }
  });

  await t.test('is not asked again what must not be done twice', async () => {
    assert.equal(await ask('GET'), 200, 'leaves a connection that is used again');
    const { requests } = first;
    first.dropsNext = true;
    assert.equal(await ask('POST'), 502);
    assert.equal(first.requests, requests + 1);
  });

  await t.test('is missed while it is away, and no longer', async () => {
    assert.equal(await ask('GET'), 200, 'leaves a connection that is used again');
    await first.stop();
    assert.equal(await ask('GET'), 502);
    const second = await Backend.start(t, port);
    // A server that failed may be left alone for its fail_timeout only while there is another one.
    for (const method of ['GET', 'POST']) assert.equal(await ask(method), 200, method);
    await second.stop();
  });

  await socketsAreBackTo(before, hatchway.pid);
});

/** An HTTP server that can be restarted on its port, and can drop a connection as it is asked over it. */
class Backend {
  requests = 0;
  dropsNext = false;
  readonly #server = createServer((request, response) => {
    this.requests++;
    if (this.dropsNext) {
      this.dropsNext = false;
      request.socket.destroy();
      return;
    }
    request.resume();
    response.end('ok');
  });

  static async start(scope: Scope, port: number): Promise<Backend> {
    const backend = new Backend();
    backend.#server.listen(port, '127.0.0.1');
    await once(backend.#server, 'listening');
    atEnd(scope, () => backend.stop());
    return backend;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

test('a process that runs out of descriptors says so, and goes on when there are some again', async (t) => {
  const port = await freePort();
  await Backend.start(t, port);
  const hatchway = await startHatchway(t, {
    descriptors: 64,
    config: siteTo(`http://127.0.0.1:${port}`, 'read: 5s'),
  });
  const before = openSockets(hatchway.pid);
  const ticksBefore = processorTicks(hatchway.pid);
  const early = await rawConnect(hatchway.port);
  const clients = await Promise.all(Array.from({ length: 100 }, () => rawConnect(hatchway.port)));
  atEnd(t, () => {
    for (const client of [early, ...clients]) client.destroy();
  });

  await eventually('it says so', () => /out of file descriptors/.test(hatchway.logs()));
  await eventually('clients are told', () =>
    clients.some(({ pending }) => pending.startsWith('HTTP/1.1 503 ')),
  );
  early.write(get());
  assert.match(await early.head(), /^HTTP\/1\.1 200 /, 'who is in is served on');
  // A loop over an error that stays would use all of a processor.
  const [, lines = ''] = hatchway.logs().split('out of file descriptors');
  assert.ok(lines.length < 100_000, 'the log is flooded');
  assert.ok(processorTicks(hatchway.pid) - ticksBefore < 200);

  for (const client of [early, ...clients]) client.destroy();
  await eventually('it serves again', async () => {
    const response = await httpRequest(hatchway.origin, { headers: { host: 'app.test' } });
    return response.status === 200;
  });
  // One connection to the upstream is kept.
  await socketsAreBackTo(before + 1, hatchway.pid);
});

/** Processor time that a process has used, in hundredths of a second (proc(5), utime and stime). */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
