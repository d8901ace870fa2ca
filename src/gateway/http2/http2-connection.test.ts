import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import type { ListenerModel } from '../../config/model.ts';
import { PasswordChecks } from '../access/password-checks.ts';
import { UsersFiles } from '../access/users-files.ts';
import { Totals } from '../admin/totals.ts';
import { Deadlines } from '../deadlines.ts';
import { noZones } from '../rate/zones.ts';
import { Roster } from '../roster.ts';
import type { Serving } from '../serving.ts';
import { compileSite } from '../site-compiler.ts';
import { Sites } from '../sites.ts';
import { SocketCounts } from '../socket-counts.ts';
import { SparseLog } from '../sparse-log.ts';
import { limits, siteModel } from '../testing/gateway-kit.ts';
import { Http2Front } from './http2-front.ts';
import { Http2Client } from './testing/http2-kit.ts';

const model = siteModel(undefined, [
  {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upgradeTokens: [],
    rules: [{ kind: 'return', status: 200, text: ['hello'] }],
  },
]);

/** Everything a front needs, and nothing that a gateway would clean up for it. */
function startFront() {
  const totals = new Totals();
  const serving: Serving = {
    limits,
    deadlines: new Deadlines(1000),
    log: silentLog,
    refusals: new SparseLog(silentLog),
    clients: new Roster(),
    counts: new SocketCounts(),
    totals,
    maps: new Map(),
    rate: undefined,
    tunnels: new Roster(),
    draining: false,
  };
  const site = compileSite(model, {
    limits,
    totals,
    access: { files: new UsersFiles(), passwords: new PasswordChecks() },
    zones: noZones,
    upstream: () => assert.fail('this site has no upstream'),
    accessLog: () => undefined,
  });
  const listener: ListenerModel = {
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: false,
    sites: [model],
    defaultSite: model,
  };
  return { serving, front: new Http2Front(listener, new Sites([site], site), serving) };
}

test('streams are clients as long as they last, and leave nothing', async (context) => {
  const { serving, front } = startFront();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    front.accept({ socket, remoteAddress: '127.0.0.1', secure: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  context.after(() => session.destroy());
  await once(session, 'remoteSettings');
  const client = new Http2Client(session);

  const open = client.open({ ':method': 'POST' }, { endStream: false });
  const [answer] = await once(open, 'response');
  assert.equal(answer[':status'], 200);
  open.resume();
  await once(open, 'close');
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.ask()));
  assert.ok(answers.every(({ body }) => body.toString() === 'hello'));
  assert.equal((await client.ask({ host: 'other.test' })).status, 400);
  const broken = client.open();
  broken.close(constants.NGHTTP2_CANCEL);
  await once(broken, 'close');
  await client.ask();
  assert.equal(serving.clients.size, 0);

  const ended = once(session, 'close');
  front.drain();
  await ended;
});
