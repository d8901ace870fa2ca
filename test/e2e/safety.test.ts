/** Who is let in. Whoever is not learns nothing, and nothing is started for them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { apiPaths, type Problem, type SessionInfo, sessionPath } from '../../src/wire/api.ts';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { openPage, screenshot, startBrowser } from '../kit/chromium.ts';
import { ConsolePage } from '../kit/console-page.ts';
import { type Dockerd, startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { type HttpRequest, type HttpResponse, httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { startNginx } from '../kit/nginx.ts';
import { stockProxy } from '../kit/stock-proxy.ts';

leaveNothingBehind();

const openShell = JSON.stringify({ target: 'docker', workload: 'box', cols: 80, rows: 24 });
const json = { 'content-type': 'application/json' };

function post(
  url: string,
  headers: Record<string, string>,
  body = openShell,
): Promise<HttpResponse> {
  return httpRequest(url, { method: 'POST', headers: { ...json, ...headers }, body });
}

/** The answer is a refusal with a code and two sentences, and not a word about what there is to see. */
function assertRefused(response: HttpResponse, ...statuses: number[]): void {
  assert.ok(statuses.includes(response.status), `status ${response.status}: ${response.text}`);
  const problem = JSON.parse(response.text) as Problem;
  assert.match(problem.code, /^HW_/);
  assert.ok(problem.message.length > 10);
  assert.ok(problem.remedy.length > 10);
  assert.doesNotMatch(response.text, /box|docker/i);
  assert.equal(response.headers['set-cookie'], undefined);
}

/** The status that a WebSocket is answered with; 101 when it opens. */
function webSocketStatus(
  t: TestContext,
  url: string,
  headers: Record<string, string>,
): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  t.after(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

async function assertNothingStarted(hatchway: Hatchway, docker: Dockerd): Promise<void> {
  assert.deepEqual(await hatchway.sessions(), []);
  assert.equal((await docker.processesOf('box')).length, 1);
}

test('a stranger', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const hatchway = await startHatchway(t, { dockerHost: docker.host });
  const { origin } = hatchway;
  const sessions = `${origin}${apiPaths.sessions}`;
  const cookie = await hatchway.signIn();

  await t.test('with a wrong token gets no cookie', async () => {
    for (const token of ['wrong', '', `${hatchway.token}x`, hatchway.token.slice(0, -1)]) {
      const body = JSON.stringify({ token });
      const response = await post(`${origin}${apiPaths.signIn}`, { origin }, body);
      assertRefused(response, 400, 401);
    }
    assertRefused(await post(sessions, { authorization: 'Bearer wrong' }), 401);
  });

  await t.test('without a cookie learns nothing and starts nothing', async () => {
    const requests: [string, HttpRequest][] = [
      [apiPaths.targets, {}],
      [apiPaths.sessions, {}],
      [apiPaths.sessions, { method: 'POST', headers: { ...json, origin }, body: openShell }],
      [`${apiPaths.transportReport}?id=0`, {}],
      [sessionPath('0', 'screen'), {}],
      [sessionPath('0', 'stream'), {}],
      [sessionPath('0', 'input'), { method: 'POST', headers: { origin } }],
      [sessionPath('0'), { method: 'DELETE', headers: { origin } }],
    ];
    for (const [path, request] of requests) {
      assertRefused(await httpRequest(`${origin}${path}`, request), 401);
    }
    assertRefused(await post(sessions, { origin, cookie: `${cookie}x` }), 401);
    assert.equal(
      await webSocketStatus(t, `${origin}${sessionPath('0', 'socket')}`, { origin }),
      401,
    );
  });

  await t.test('on another site cannot use the cookie of a person', async () => {
    for (const foreign of [
      'https://evil.test',
      'null',
      `${origin}0`,
      origin.replace('http', 'https'),
    ]) {
      assertRefused(await post(sessions, { cookie, origin: foreign }), 403);
    }
    assertRefused(await post(sessions, { cookie }), 403);
    const listing = { headers: { cookie, 'sec-fetch-site': 'cross-site' } };
    assertRefused(await httpRequest(`${origin}${apiPaths.targets}`, listing), 403);
    const form = { cookie, origin, 'content-type': 'text/plain' };
    assert.ok((await post(sessions, form)).status >= 400);
  });

  await t.test('whose name resolves to this machine gains nothing', async () => {
    const rebound = `http://evil.test:${hatchway.port}`;
    const request = { port: hatchway.port, method: 'POST', body: openShell };
    const headers = { ...json, origin: rebound };
    assertRefused(
      await httpRequest(`${rebound}${apiPaths.sessions}`, { ...request, headers }),
      401,
    );
    assertRefused(
      await httpRequest(`${rebound}${apiPaths.sessions}`, {
        ...request,
        headers: { ...headers, cookie },
      }),
      403,
    );
  });

  await t.test('has started nothing by all this', () => assertNothingStarted(hatchway, docker));

  await t.test('cannot attach to the session of a person', async (inner) => {
    const opened = await post(sessions, { cookie, origin });
    assert.equal(opened.status, 201);
    const { id } = JSON.parse(opened.text) as SessionInfo;
    const url = `${origin}${sessionPath(id, 'socket')}`;
    assert.equal(await webSocketStatus(inner, url, { origin }), 401);
    assert.equal(await webSocketStatus(inner, url, { cookie, origin: 'https://evil.test' }), 403);
    assert.equal(await webSocketStatus(inner, url, { cookie }), 403);
    assert.equal((await hatchway.sessions()).find((session) => session.id === id)?.viewers, 0);
    assert.equal(await webSocketStatus(inner, url, { cookie, origin }), 101);
  });
});

test('the page', async (t) => {
  const { origin } = await startHatchway(t);

  await t.test('runs scripts from its own files only', async () => {
    const { status, headers, text } = await httpRequest(`${origin}/`);
    assert.equal(status, 200);
    const policy = new Map(
      String(headers['content-security-policy'])
        .split(';')
        .map((directive) => directive.trim().split(/\s+/))
        .map(([name = '', ...sources]) => [name, sources]),
    );
    assert.deepEqual(policy.get('script-src') ?? policy.get('default-src'), ["'self'"]);
    assert.deepEqual(policy.get('frame-ancestors'), ["'none'"]);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/i, 'an inline script');
  });

  await t.test('does not say which token is right', async () => {
    assert.doesNotMatch((await httpRequest(`${origin}/?token=wrong`)).text, /token=/);
  });
});

test('the cookie', async (t) => {
  const hatchway = await startHatchway(t);

  const attributesAt = async (origin: string): Promise<string[]> => {
    const body = JSON.stringify({ token: hatchway.token });
    const response = await post(`${origin}${apiPaths.signIn}`, { origin }, body);
    assert.equal(response.status, 204);
    const [cookie = '', ...more] = response.headers['set-cookie'] ?? [];
    assert.equal(more.length, 0);
    assert.ok(!cookie.includes(hatchway.token), 'the cookie is the token itself');
    return cookie
      .split(';')
      .slice(1)
      .map((attribute) => attribute.trim().toLowerCase());
  };

  await t.test('over http is HttpOnly and SameSite=Strict', async () => {
    const attributes = await attributesAt(hatchway.origin);
    assert.ok(attributes.includes('httponly'));
    assert.ok(attributes.includes('samesite=strict'));
    assert.ok(attributes.includes('path=/'));
    assert.ok(!attributes.includes('secure'));
  });

  await t.test(
    'is Secure behind a TLS proxy that says neither the host nor https',
    async (inner) => {
      const certificate = selfSignedCertificate(inner, ['IP:127.0.0.1']);
      const http = stockProxy(hatchway.origin, { upgrades: true, certificate });
      const nginx = await startNginx(inner, http);
      const origin = `https://127.0.0.1:${nginx.port}`;
      const attributes = await attributesAt(origin);
      assert.ok(attributes.includes('httponly'));
      assert.ok(attributes.includes('samesite=strict'));
      assert.ok(attributes.includes('secure'));

      const cookie = await hatchway.signIn(origin);
      const body = JSON.stringify({ target: 'local', workload: 'shell', cols: 80, rows: 24 });
      const url = `${origin}${apiPaths.sessions}`;
      assert.equal((await post(url, { cookie, origin: hatchway.origin }, body)).status, 403);
      assert.equal((await post(url, { cookie, origin }, body)).status, 201);
    },
  );
});

test('in a browser', async (t) => {
  const hatchway = await startHatchway(t);
  const { origin } = hatchway;
  const browser = await startBrowser(t);

  await t.test('an old link leads to the sign-in form, and the right one in', async (inner) => {
    const page = await openPage(inner, browser);
    await page.goto(`${origin}/?token=of-yesterday`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByText('This is not the token of this server.').waitFor();
    await screenshot(page, 'sign-in');
    assert.doesNotMatch(page.url(), /token/);
    assert.equal(await page.getByRole('row').count(), 0);
    await page.getByLabel('Token').fill(hatchway.url);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('row', { name: /shell/ }).waitFor();
  });

  await t.test(
    'a page of another program on this host cannot use the cookie it has',
    async (inner) => {
      const victim = await openPage(inner, browser);
      await victim.goto(hatchway.urlThrough(origin, '/x/local/shell'));
      const shell = new ConsolePage(victim);
      await shell.shows(/[#$]$/);
      const session = await shell.sessionId();

      const other = await startNginx(
        inner,
        ({ listen }) => `server { listen ${listen}; default_type text/html; return 200 "hello"; }`,
      );
      // Another port is the same site to a browser, so that SameSite holds nothing back.
      const attacker = await victim.context().newPage();
      await attacker.goto(other.origin);
      const opened = await attacker.evaluate<string>(`
      fetch('${origin}${apiPaths.sessions}', {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        body: JSON.stringify({ target: 'local', workload: 'shell', cols: 80, rows: 24 }),
      }).then((response) => response.type, () => 'blocked')
    `);
      assert.equal(opened, 'blocked');

      const socket = await attacker.evaluate<string>(`
      new Promise((resolve) => {
        const socket = new WebSocket('${origin.replace('http', 'ws')}${sessionPath(session, 'socket')}');
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      })
    `);
      assert.equal(socket, 'refused');
      // 403 and not 401: the cookie did come along, it was the origin that was wrong.
      await eventually('both are in the access log', () => {
        const log = readFileSync(join(hatchway.dataDir, 'access.log'), 'utf8');
        return (
          /"POST \/api\/sessions HTTP\/1\.1" 403 /.test(log) &&
          /\/socket HTTP\/1\.1" 403 /.test(log)
        );
      });
      assert.deepEqual(
        (await hatchway.sessions()).map(({ id, viewers }) => [id, viewers]),
        [[session, 1]],
      );
    },
  );
});
