import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Engine, EngineRefusal } from './engine.ts';

/** What answers like an engine, as far as a test cares. */
async function startEngine(t: TestContext, listener: RequestListener): Promise<Engine> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const engine = new Engine(`tcp://127.0.0.1:${port}`);
  t.after(() => {
    engine.close();
    server.close();
    server.closeAllConnections();
  });
  return engine;
}

test('the older of the two versions is spoken', async (t) => {
  let version = '1.41';
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request.url ?? '');
    response.setHeader('api-version', version).end('{}');
  };
  await (await startEngine(t, listener)).call('GET', '/info');
  version = '1.99';
  await (await startEngine(t, listener)).call('GET', '/info');
  assert.deepEqual(seen, ['/_ping', '/v1.41/info', '/_ping', '/v1.44/info']);
});

test('an engine that was updated meanwhile is spoken to in its new version', async (t) => {
  let [newest, oldest] = [41, 12];
  const engine = await startEngine(t, (request, response) => {
    response.setHeader('api-version', `1.${newest}`);
    const minor = Number(/^\/v1\.(\d+)\//.exec(request.url ?? '')?.[1] ?? newest);
    if (minor < oldest) {
      response.statusCode = 400;
      const message = `client version 1.${minor} is too old. Minimum supported API version is 1.${oldest}, please upgrade your client to a newer version`;
      response.end(JSON.stringify({ message }));
    } else {
      response.end(JSON.stringify({ minor }));
    }
  });
  assert.deepEqual(await engine.call('GET', '/info'), { minor: 41 });
  [newest, oldest] = [44, 44];
  assert.deepEqual(await engine.call('GET', '/info'), { minor: 44 });
  [newest, oldest] = [60, 50];
  await assert.rejects(engine.call('GET', '/info'), (error) => {
    return error instanceof EngineRefusal && error.status === 400 && /too old/.test(error.message);
  });
});

test("a refusal is in the engine's own words, or in those of whatever answered", async (t) => {
  const engine = await startEngine(t, (request, response) => {
    if (request.url === '/_ping') return response.setHeader('api-version', '1.41').end();
    response.statusCode = 403;
    return response.end(request.url?.endsWith('/json') ? '{"message":"not you"}' : '<h1>No</h1>');
  });
  await assert.rejects(engine.call('GET', '/json'), { message: 'not you', status: 403 });
  await assert.rejects(engine.call('GET', '/html'), { message: '<h1>No</h1>' });
  await assert.rejects(engine.hijack('/exec/1/start', {}), { message: '<h1>No</h1>' });
});

test('what comes in one piece with the 101 is not lost', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      if (request.includes('_ping')) {
        socket.end('HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n');
      } else {
        socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n$ ');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const engine = new Engine(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(() => {
    engine.close();
    server.close();
  });
  const { socket, head } = await engine.hijack('/exec/1/start', {});
  assert.equal(head.toString(), '$ ');
  socket.destroy();
});
