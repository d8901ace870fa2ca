/** `auth.forward` of hatchway.yaml, from the file to the bytes that browser and servers get. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../../../test/kit/temp.ts';
import { loadConfig } from '../../config/load.ts';
import { GatewayKit, type LogLine } from '../testing/gateway-kit.ts';
import { RawServer, type RawSocket } from '../testing/raw-socket.ts';

type Place = { readonly kit: GatewayKit; readonly app: RawServer; readonly auth: RawServer };

/** @param more lines of `auth.forward` */
async function start(t: TestContext, more = '', path = '/api/verify'): Promise<Place> {
  const app = await RawServer.listen();
  t.after(() => app.close());
  const auth = await RawServer.listen();
  t.after(() => auth.close());
  const dataFolder = tempFolder(t);
  const file = join(dataFolder, 'hatchway.yaml');
  writeFileSync(
    file,
    `accessLog: off
console: { enabled: false }
sites:
  - host: app.test
    listen: 127.0.0.1:8080
    to: http://127.0.0.1:${app.port}
    auth:
      forward:
        to: http://127.0.0.1:${auth.port}${path}
${more}`,
  );
  const loaded = loadConfig({ file, dataFolder });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const [listener] = loaded.model.listeners;
  const kit = await GatewayKit.start(t, { sites: listener?.sites ?? [] });
  return { kit, app, auth };
}

function request(line: string, ...lines: string[]): string {
  return `${line} HTTP/1.1\r\nHost: app.test:8443\r\n${lines.map((one) => `${one}\r\n`).join('')}\r\n`;
}

const handshake = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** What the client gets, and what the server that decides was asked. */
async function decided(
  { kit, auth }: Place,
  sent: string,
  answer: string,
): Promise<{ readonly client: RawSocket; readonly head: string; readonly asked: string }> {
  const client = await kit.connect();
  client.write(sent);
  const connection = await auth.accept();
  const asked = await connection.head();
  connection.write(answer);
  const head = await client.head();
  connection.destroy();
  return { client, head, asked };
}

/** The length that a head announces, and all of that body. */
async function bodyOf(client: RawSocket, head: string): Promise<string> {
  const [, length] = /\r\nContent-Length: (\d+)\r\n/.exec(head) ?? [];
  assert.ok(length !== undefined, head);
  return client.bytes(Number(length));
}

function linesNamed(head: string, name: string): string[] {
  return head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`));
}

function lastLine({ kit }: Place): LogLine & { readonly facts: Record<string, unknown> } {
  return kit.lines.at(-1) as LogLine & { readonly facts: Record<string, unknown> };
}

const location = 'https://login.test/?rd=https%3A%2F%2Fapp.test%2F&rm=GET';

test('a redirect reaches the browser with its status, Location and cookies, and nothing else', async (t) => {
  const place = await start(t);
  for (const status of [301, 302, 303, 307, 308]) {
    const { client, head } = await decided(
      place,
      request('GET /'),
      `HTTP/1.1 ${status} Off\r\nLocation: ${location}\r\nSet-Cookie: a=1; Path=/\r\nX-Own: theirs\r\n` +
        'Set-Cookie: b=2, c; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Type: text/html\r\n' +
        'Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ntheirs\r\n0\r\n\r\n',
    );
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.deepEqual(linesNamed(head, 'location'), [`Location: ${location}`]);
    assert.deepEqual(linesNamed(head, 'set-cookie'), [
      'Set-Cookie: a=1; Path=/',
      'Set-Cookie: b=2, c; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ]);
    assert.doesNotMatch(head, /theirs|gzip|chunked/);
    assert.match(head, /\r\nCache-Control: no-store\r\n/);
    const body = await bodyOf(client, head);
    assert.match(body, /HW_SIGN_IN_ELSEWHERE/);
    assert.doesNotMatch(body, /theirs|127\.0\.0\.1/);
    client.destroy();
  }
  assert.equal(place.app.connections, 0);
});

test('the connection of a client that was sent to sign in holds its next answer, too', async (t) => {
  const place = await start(t);
  const redirect = `HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 6\r\n\r\ntheirs`;
  const first = await decided(place, request('GET /'), redirect);
  assert.deepEqual(linesNamed(first.head, 'location'), ['Location: /login']);
  await bodyOf(first.client, first.head);
  first.client.write(request('HEAD /2'));
  const asked = await place.auth.accept();
  await asked.head();
  asked.write(redirect);
  assert.match(await first.client.head(), /^HTTP\/1\.1 302 /);
  first.client.write(request('GET /3'));
  // What it said with the redirect is read, so it is asked again where it was.
  assert.equal(await asked.bytes('GET'.length), 'GET');
  await asked.head();
  asked.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const served = await place.app.accept();
  assert.match(await served.head(), /^GET \/3 /);
  served.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await first.client.head(), /^HTTP\/1\.1 204 /);
});

test('a WebSocket handshake gets the redirect, and the log says why there is no WebSocket', async (t) => {
  const place = await start(t);
  const { client, head, asked } = await decided(
    place,
    request('GET /socket', ...handshake),
    `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n`,
  );
  assert.match(head, /^HTTP\/1\.1 302 /);
  assert.deepEqual(linesNamed(head, 'location'), [`Location: ${location}`]);
  assert.deepEqual(linesNamed(head, 'set-cookie'), ['Set-Cookie: a=1']);
  assert.deepEqual([...linesNamed(asked, 'upgrade'), ...linesNamed(asked, 'connection')], []);
  await bodyOf(client, head);
  const { facts, message } = lastLine(place);
  assert.equal(facts.code, 'HW_SIGN_IN_ELSEWHERE');
  assert.equal(facts.cause, 'not-let-in');
  assert.match(message, /^upgrade failed: /);
});

test('a 401 and a 403 keep their challenges and cookies, and the log names who gave them', async (t) => {
  const place = await start(t);
  const server = `http://127.0.0.1:${place.auth.port}/api/verify`;
  for (const status of [401, 403]) {
    const { client, head } = await decided(
      place,
      request('GET /'),
      `HTTP/1.1 ${status} No\r\nWWW-Authenticate: Bearer\r\nWWW-Authenticate: Basic realm="x"\r\n` +
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nLocation: /no\r\nContent-Length: 6\r\n\r\ntheirs',
    );
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.deepEqual(linesNamed(head, 'www-authenticate'), [
      'WWW-Authenticate: Bearer',
      'WWW-Authenticate: Basic realm="x"',
    ]);
    assert.deepEqual(linesNamed(head, 'set-cookie'), ['Set-Cookie: a=1', 'Set-Cookie: b=2']);
    assert.deepEqual(linesNamed(head, 'location'), []);
    assert.doesNotMatch(await bodyOf(client, head), /theirs/);
    client.destroy();
    const { facts, message } = lastLine(place);
    assert.ok(message.startsWith(`${server} was asked`), message);
    assert.ok(message.endsWith(`answered ${status}`), message);
    assert.match(String(facts.remedy), status === 401 ? /Sign in there/ : /log of that server/);
    assert.doesNotMatch(`${message} ${facts.remedy}`, /\.hatchway|password/);
  }
});

test('an answer that says nothing of letting in is an error that names the server', async (t) => {
  const place = await start(t);
  const answers = [
    '302 Found',
    '304 Not Modified\r\nLocation: /login',
    '404 Not Found',
    '500 Internal Server Error',
  ];
  for (const answer of answers) {
    const { client, head } = await decided(
      place,
      request('GET /'),
      `HTTP/1.1 ${answer}\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n`,
    );
    assert.match(head, /^HTTP\/1\.1 500 /, answer);
    assert.deepEqual([...linesNamed(head, 'location'), ...linesNamed(head, 'set-cookie')], []);
    client.destroy();
    assert.match(
      lastLine(place).message,
      new RegExp(`^http://127\\.0\\.0\\.1:${place.auth.port}/`),
    );
  }
  const client = await place.kit.connect();
  client.write(request('GET /'));
  const connection = await place.auth.accept();
  await connection.head();
  connection.destroy();
  assert.match(await client.head(), /^HTTP\/1\.1 500 /);
  const { message } = lastLine(place);
  assert.match(message, new RegExp(`http://127\\.0\\.0\\.1:${place.auth.port}/api/verify`));
  assert.doesNotMatch(message, /\.hatchway/);
});

test('without passRefusals it is as auth_request of nginx', async (t) => {
  const place = await start(t, '        passRefusals: false\n');
  const refuse = async (answer: string) => {
    const sent = `HTTP/1.1 ${answer}\r\nSet-Cookie: a=1\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n`;
    const { client, head } = await decided(place, request('GET /'), sent);
    client.destroy();
    assert.deepEqual([...linesNamed(head, 'location'), ...linesNamed(head, 'set-cookie')], []);
    return head;
  };
  assert.match(await refuse('302 Found\r\nLocation: /login'), /^HTTP\/1\.1 500 /);
  assert.match(String(lastLine(place).facts.remedy), /path for nginx/);
  const challenged = await refuse('401 Unauthorized');
  assert.match(challenged, /^HTTP\/1\.1 401 /);
  assert.deepEqual(linesNamed(challenged, 'www-authenticate'), ['WWW-Authenticate: Bearer']);
  const denied = await refuse('403 Forbidden');
  assert.match(denied, /^HTTP\/1\.1 403 /);
  assert.deepEqual(linesNamed(denied, 'www-authenticate'), []);
});

test('the server that decides is told what was asked for, and no client can make it up', async (t) => {
  const place = await start(t);
  const { asked, client } = await decided(
    place,
    request(
      'POST /a%20b?x=1&y=%26',
      'Content-Length: 5',
      'Cookie: session=1',
      'X-Forwarded-Method: GET',
      'X-Forwarded-Uri: /public',
      'X-Forwarded-Host: other.test',
      'X-Forwarded-Proto: ftp',
      'X-Forwarded-For: 192.0.2.1',
      'X-Original-URL: https://other.test/',
      'X-Original-Method: GET',
    ).concat('hello'),
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n',
  );
  client.destroy();
  assert.match(asked, /^GET \/api\/verify HTTP\/1\.1\r\n/);
  const expected = {
    'x-forwarded-method': 'POST',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'app.test:8443',
    'x-forwarded-uri': '/a%20b?x=1&y=%26',
    'x-forwarded-for': '127.0.0.1',
    'x-original-method': 'POST',
    'x-original-url': 'http://app.test:8443/a%20b?x=1&y=%26',
    cookie: 'session=1',
  };
  for (const [name, value] of Object.entries(expected)) {
    const values = linesNamed(asked, name).map((line) => line.slice(line.indexOf(':') + 2));
    assert.deepEqual(values, [value], name);
  }
  assert.deepEqual(linesNamed(asked, 'content-length'), []);
});

test('all of the address is one parameter of the page to sign in on', async (t) => {
  const signIn = 'https://login.test/$arg_x?rd=$scheme://$http_host$request_uri&m=$request_method';
  const place = await start(t, `        signIn: ${signIn}\n`);
  const target = "/a%20b?x=1&y=a+b#'~";
  const { head } = await decided(
    place,
    request(`GET ${target.replace('#', '%23')}`),
    'HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n',
  );
  assert.match(head, /^HTTP\/1\.1 302 /);
  const [line = ''] = linesNamed(head, 'location');
  const { pathname, searchParams } = new URL(line.slice('Location: '.length));
  assert.equal(pathname, '/1');
  assert.deepEqual(Object.fromEntries(searchParams), {
    rd: `http://app.test:8443${target.replace('#', '%23')}`,
    m: 'GET',
  });
  assert.deepEqual(linesNamed(head, 'set-cookie'), ['Set-Cookie: a=1']);
});

test('what is the whole query of the page to sign in on stays as it is', async (t) => {
  const place = await start(t, '        signIn: https://login.test/?$args&rd=$uri\n');
  const { head } = await decided(
    place,
    request('GET /x/y?a=1&b=%2F'),
    'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  );
  assert.deepEqual(linesNamed(head, 'location'), [
    'Location: https://login.test/?a=1&b=%2F&rd=%2Fx%2Fy',
  ]);
});

test('a page of the same site to sign in on is one that the browser goes to', async (t) => {
  const place = await start(t, '        signIn: /login?from=$request_uri\n');
  const { head } = await decided(
    place,
    request('GET /x?a=1&b=2'),
    'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  );
  assert.match(head, /^HTTP\/1\.1 302 /);
  assert.deepEqual(linesNamed(head, 'location'), [
    'Location: http://app.test:8443/login?from=%2Fx%3Fa%3D1%26b%3D2',
  ]);
});
