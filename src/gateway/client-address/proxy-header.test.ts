import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { silentLog } from '../../base/log.ts';
import type { ListenAddress } from '../../config/model.ts';
import type { AcceptedSocket } from '../accepted-socket.ts';
import { Listener } from '../listener.ts';
import { SocketCounts } from '../socket-counts.ts';
import { SparseLog } from '../sparse-log.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { GatewayKit, siteModel } from '../testing/gateway-kit.ts';
import { RawSocket } from '../testing/raw-socket.ts';
import { listenerTls } from '../tls.ts';

const header = 'PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n';
const facts = {
  sourceAddress: '192.0.2.1',
  sourcePort: 4660,
  destinationAddress: '10.0.0.1',
  destinationPort: 443,
};
const anywhere: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

const certificates = new TestCertificates();
after(() => certificates.remove());

type Accepting = {
  readonly connect: () => Promise<Socket>;
  readonly accepted: () => Promise<AcceptedSocket & { readonly raw: RawSocket }>;
  readonly logged: string[];
};

async function listen(
  t: TestContext,
  options: { tls?: boolean; address?: ListenAddress; firstByteMs?: number } = {},
): Promise<Accepting> {
  const site = siteModel('a.test', [], { certificate: certificates.make('a.test') });
  const address = options.address ?? anywhere;
  const waiting: ((accepted: AcceptedSocket & { readonly raw: RawSocket }) => void)[] = [];
  const logged: string[] = [];
  const listener = new Listener({
    address,
    tls: options.tls
      ? listenerTls({ address, tls: true, sites: [site], defaultSite: site }, 10_000)
      : undefined,
    firstByteMs: options.firstByteMs ?? 10_000,
    proxyProtocol: true,
    maxConnections: 100,
    counts: new SocketCounts(),
    log: { ...silentLog, warn: (facts) => logged.push((facts as { reason: string }).reason) },
    refusals: new SparseLog(silentLog),
    // Whoever takes a socket listens at once: it flows.
    onSocket: (accepted) => waiting.shift()?.({ ...accepted, raw: new RawSocket(accepted.socket) }),
  });
  const bound = await listener.listen();
  const clients: Socket[] = [];
  t.after(() => {
    for (const client of clients) client.destroy();
    listener.close();
    listener.destroy();
  });
  return {
    async connect() {
      const client =
        bound.kind === 'tcp'
          ? connect({ host: '127.0.0.1', port: bound.port })
          : connect({ path: bound.path });
      clients.push(client);
      await once(client, 'connect');
      return client;
    },
    accepted: () => new Promise((resolve) => waiting.push(resolve)),
    logged,
  };
}

test('a connection is handed over with what its header says, and begins behind it', async (t) => {
  const listener = await listen(t);
  for (const pieces of [[`${header}hello`], [header, 'hello'], [...`${header}hello`]]) {
    const client = await listener.connect();
    client.setNoDelay();
    const accepted = listener.accepted();
    for (const piece of pieces) client.write(piece);
    const { raw, proxyProtocol, remoteAddress, remotePort, secure } = await accepted;
    assert.deepEqual(
      { proxyProtocol, remoteAddress, remotePort, secure },
      {
        proxyProtocol: facts,
        remoteAddress: '127.0.0.1',
        remotePort: client.localPort,
        secure: false,
      },
    );
    assert.equal(await raw.bytes(5), 'hello');
  }
});

test('the header comes before TLS, on Unix sockets too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hw-proxy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const address of [anywhere, { kind: 'unix', path: join(folder, 's') } as const]) {
    const listener = await listen(t, { tls: true, address });
    for (const together of [false, true]) {
      const below = await listener.connect();
      const accepted = listener.accepted();
      if (together) below.cork();
      below.write(header);
      const client = connectTls({ socket: below, rejectUnauthorized: false });
      if (together) process.nextTick(() => below.uncork());
      await once(client, 'secureConnect');
      client.write('hello');
      const { socket, raw, proxyProtocol, secure, tls } = await accepted;
      assert.deepEqual(proxyProtocol, facts);
      assert.ok(secure);
      assert.equal(tls, socket);
      assert.equal(await raw.bytes(5), 'hello');
      client.destroy();
    }
  }
});

test('a connection without header, or with half of one, is closed and said to be', async (t) => {
  const listener = await listen(t);
  const plain = await listener.connect();
  plain.end('GET / HTTP/1.1\r\n\r\n');
  assert.equal(await new RawSocket(plain).rest(), '');
  const half = await listener.connect();
  half.end('PROXY TCP4 ');
  assert.equal(await new RawSocket(half).rest(), '');
  const [missing, cut, ...more] = listener.logged;
  assert.match(missing ?? '', /is missing/);
  assert.match(cut ?? '', /ended within/);
  assert.deepEqual(more, []);
});

test('who only looks whether somebody listens is no line in the log', async (t) => {
  const listener = await listen(t);
  const client = await listener.connect();
  client.end();
  await new RawSocket(client).gone();
  assert.deepEqual(listener.logged, []);
});

test('a header that comes byte by byte has its time in all', async (t) => {
  const listener = await listen(t, { firstByteMs: 200 });
  const client = await listener.connect();
  client.write('PROXY UNKNOWN ');
  const trickle = setInterval(() => client.write('x'), 50);
  t.after(() => clearInterval(trickle));
  await new RawSocket(client).gone();
  assert.match(listener.logged[0] ?? '', /within 200 ms/);
});

test('a request behind the header is served', async (t) => {
  const kit = await GatewayKit.start(t, { listener: { proxyProtocol: true } });
  const { client, upstream } = await kit.ask(`${header}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 204 /);
  assert.deepEqual(kit.lines, []);
});
