import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { startNginx } from '../../../test/kit/nginx.ts';
import { tempFolder } from '../../../test/kit/temp.ts';
import type { AccessModel } from '../../config/route-model.ts';
import { Fields } from '../../http1/fields.ts';
import { gatewayError } from '../errors.ts';
import { Access } from './access.ts';
import { PasswordChecks } from './password-checks.ts';
import type { SubrequestAnswer } from './subrequest.ts';
import { UsersFiles } from './users-files.ts';
import type { AccessRequest, Refused, Verdict } from './verdict.ts';

const passwords = new PasswordChecks();
after(() => passwords.close());
const dependencies = { files: new UsersFiles(), passwords };

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function requestOf(lines: readonly string[], more: Partial<AccessRequest> = {}): AccessRequest {
  return {
    remoteAddress: '127.0.0.1',
    fields: Fields.of(lines),
    source: { variable: (name) => (name === 'request_uri' ? '/asked' : undefined) },
    subrequest: () => Promise.reject(gatewayError('HW_UPSTREAM_CLOSED', 'nobody is asked')),
    ...more,
  };
}

function answer(status: number, lines: readonly string[] = []): SubrequestAnswer {
  return { status, fields: Fields.of(lines) };
}

function refusedOf(verdict: Verdict): Refused {
  assert.ok(!verdict.allowed);
  return verdict;
}

function usersFile(t: TestContext): string {
  const folder = tempFolder(t, 'users');
  const openssl = (scheme: string, password: string) =>
    execFileSync('openssl', ['passwd', scheme, '-stdin'], {
      input: password,
      encoding: 'utf8',
    }).trim();
  const lines = [
    '# people',
    `apr:${openssl('-apr1', 'secret')}`,
    `one:${openssl('-1', 'secret')}`,
    `five:${openssl('-5', 'secret')}`,
    `six:${openssl('-6', 'secret')}:a comment`,
    `bcrypt:${hashSync('secret', 4).replace('$2b$', '$2y$')}`,
    'plain:{PLAIN}secret',
    'sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
    'colon:{PLAIN}a:b',
    'damaged:$6$x',
    'äöü:{PLAIN}pässwörd',
  ];
  const path = join(folder, 'users');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

test('who is let in, and with which status not, is as nginx has it', async (t) => {
  const users = usersFile(t);
  const missing = `${users}.missing`;
  const allowLocal = { allow: true, network: '127.0.0.1' };
  const denyLocal = { allow: false, network: '127.0.0.0/8' };
  const denyAll = { allow: false, network: 'all' };
  const allowOther = { allow: true, network: '10.0.0.0/8' };
  const signIn = { realm: ['people'], usersPath: [users] };
  const ask = (status: number) => ({ uri: [`/status/${status}`] });
  const right = basic('plain', 'secret');
  const wrong = basic('plain', 'other');

  const cases: [model: AccessModel, authorization: string | undefined, status: number][] = [
    // Addresses.
    [{ addresses: [allowLocal, denyAll] }, undefined, 200],
    [{ addresses: [denyLocal, allowLocal] }, undefined, 403],
    [{ addresses: [allowOther] }, undefined, 200],
    [{ addresses: [allowOther, denyAll] }, undefined, 403],
    // Every format, and what is no right password.
    ...['apr', 'one', 'five', 'six', 'bcrypt', 'plain', 'sha'].flatMap((user): typeof cases => [
      [{ basic: signIn }, basic(user, 'secret'), 200],
      [{ basic: signIn }, basic(user, 'secret2'), 401],
    ]),
    [{ basic: signIn }, basic('äöü', 'pässwörd'), 200],
    [{ basic: signIn }, basic('colon', 'a'), 200],
    [{ basic: signIn }, basic('damaged', 'secret'), 401],
    [{ basic: signIn }, basic('nobody', 'secret'), 401],
    [{ basic: signIn }, basic('# people', ''), 401],
    [{ basic: signIn }, undefined, 401],
    [{ basic: signIn }, 'Bearer x', 401],
    [{ basic: signIn }, 'Basic', 401],
    [{ basic: signIn }, 'Basic !!!', 401],
    [{ basic: signIn }, `Basic ${Buffer.from('nocolon').toString('base64')}`, 401],
    [{ basic: signIn }, `Basic ${Buffer.from(':secret').toString('base64')}`, 401],
    [{ basic: signIn }, right.replace('Basic ', 'bAsIc   '), 200],
    [{ basic: { ...signIn, usersPath: [missing] } }, right, 403],
    [{ basic: { ...signIn, usersPath: [missing] } }, undefined, 401],
    [{ basic: { ...signIn, usersPath: ['/'] } }, right, 500],
    // Asking somebody.
    ...[200, 204, 299].map((status): (typeof cases)[number] => [
      { authRequest: ask(status) },
      undefined,
      200,
    ]),
    [{ authRequest: ask(401) }, undefined, 401],
    [{ authRequest: ask(403) }, undefined, 403],
    ...[301, 404, 500, 503].map((status): (typeof cases)[number] => [
      { authRequest: ask(status) },
      undefined,
      500,
    ]),
    // All of them.
    [{ addresses: [allowLocal, denyAll], basic: signIn, authRequest: ask(204) }, right, 200],
    [{ addresses: [denyAll], basic: signIn }, right, 403],
    [{ addresses: [denyAll], basic: signIn }, undefined, 403],
    [{ addresses: [allowLocal], basic: signIn }, wrong, 401],
    [{ basic: signIn, authRequest: ask(403) }, right, 403],
    [{ basic: signIn, authRequest: ask(403) }, wrong, 401],
    [{ basic: signIn, authRequest: ask(500) }, right, 500],
    // One is enough.
    ...[
      [{ addresses: [allowLocal, denyAll], basic: signIn }, undefined, 200],
      [{ addresses: [denyAll], basic: signIn }, right, 200],
      [{ addresses: [denyAll], basic: signIn }, wrong, 401],
      [{ addresses: [denyAll], basic: signIn }, undefined, 401],
      [{ addresses: [allowOther], basic: signIn }, undefined, 401],
      [{ addresses: [denyAll] }, undefined, 403],
      [{ addresses: [allowOther] }, undefined, 200],
      [{ addresses: [denyAll], authRequest: ask(204) }, undefined, 200],
      [{ addresses: [denyAll], authRequest: ask(401) }, undefined, 401],
      [{ addresses: [denyAll], authRequest: ask(403) }, undefined, 403],
      [{ addresses: [denyAll], authRequest: ask(500) }, undefined, 500],
      [{ basic: signIn, authRequest: ask(403) }, undefined, 401],
      [{ basic: signIn, authRequest: ask(204) }, undefined, 200],
      [{ basic: { ...signIn, usersPath: [missing] }, authRequest: ask(204) }, right, 200],
      [{ basic: { ...signIn, usersPath: ['/'] }, authRequest: ask(204) }, right, 500],
      [{ addresses: [denyAll], basic: { ...signIn, usersPath: [missing] } }, right, 403],
    ].map(
      ([model, authorization, status]) =>
        [
          { ...(model as AccessModel), satisfy: 'any' as const },
          authorization as string | undefined,
          status as number,
        ] satisfies (typeof cases)[number],
    ),
  ];

  const nginx = await startNginx(t, ({ listen }) => {
    const locations = cases.map(
      ([model], index) => `location /${index}/ { ${nginxAccess(model)} try_files /none @in; }`,
    );
    // Their own access checks do not count for requests from inside.
    const statuses = [200, 204, 299, 301, 401, 403, 404, 500, 503].map(
      (status) => `location /status/${status} { deny all; return ${status}; }`,
    );
    return `server { listen ${listen}; location @in { return 200; } ${locations.join('\n')} ${statuses.join('\n')} }`;
  });
  for (const [index, [model, authorization, status]] of cases.entries()) {
    const what = `${JSON.stringify(model)} ${authorization}`;
    const lines = authorization === undefined ? [] : ['Authorization', authorization];
    assert.equal(await statusOf(nginx.port, `/${index}/`, lines), status, `nginx: ${what}`);
    const subrequest = (uri: string) =>
      Promise.resolve(answer(Number(uri.slice('/status/'.length))));
    const verdict = await new Access(model, dependencies).check(requestOf(lines, { subrequest }));
    assert.equal(verdict.allowed ? 200 : verdict.error.status, status, what);
  }
});

function nginxAccess({ satisfy, addresses = [], basic: auth, authRequest }: AccessModel): string {
  const text = (template: readonly unknown[]) => template.join('');
  return [
    `satisfy ${satisfy ?? 'all'};`,
    ...addresses.map(({ allow, network }) => `${allow ? 'allow' : 'deny'} ${network};`),
    auth ? `auth_basic "${text(auth.realm)}"; auth_basic_user_file ${text(auth.usersPath)};` : '',
    authRequest ? `auth_request ${text(authRequest.uri)};` : '',
  ].join(' ');
}

async function statusOf(port: number, path: string, lines: readonly string[]): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  const field = lines.length === 0 ? '' : `${lines[0]}: ${lines[1]}\r\n`;
  socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${field}\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return Number(text.slice(9, 12));
}

test('who has no address is let in by no list of addresses', async () => {
  const access = new Access({ addresses: [{ allow: false, network: '10.0.0.0/8' }] }, dependencies);
  assert.equal(
    refusedOf(await access.check(requestOf([], { remoteAddress: '' }))).error.status,
    403,
  );
  assert.ok((await access.check(requestOf([], { remoteAddress: 'unix:' }))).allowed);
});

test('nothing is waited for when nothing has to be', (t) => {
  const signIn = { realm: ['people'], usersPath: [usersFile(t)] };
  const access = new Access(
    { addresses: [{ allow: true, network: 'all' }], basic: signIn },
    dependencies,
  );
  const verdict = access.check(requestOf(['Authorization', basic('plain', 'secret')]));
  assert.deepEqual(verdict, { allowed: true, user: 'plain', variables: [] });
  assert.ok(!(access.check(requestOf([])) instanceof Promise));
});

test('the realm is quoted, whatever is in it', async () => {
  const realm = ['a "b" \\ ', { variable: 'request_uri' }, '\r\nX: y'];
  const access = new Access({ basic: { realm, usersPath: ['/none'] } }, dependencies);
  const verdict = refusedOf(await access.check(requestOf([])));
  assert.deepEqual(verdict.fields, [
    ['WWW-Authenticate', 'Basic realm="a \\"b\\" \\\\ /askedX: y"'],
  ]);
});

test('a realm that turns out to be off asks nobody, one that is called off does', async () => {
  const source = { variable: () => 'off' };
  const usersPath = ['/none'];
  const computed = new Access(
    { basic: { realm: [{ variable: 'realm' }], usersPath } },
    dependencies,
  );
  assert.ok((await computed.check(requestOf([], { source }))).allowed);
  const named = new Access({ basic: { realm: ['off'], usersPath } }, dependencies);
  assert.ok(!(await named.check(requestOf([], { source }))).allowed);
});

test('two Authorization fields are none', async (t) => {
  const access = new Access(
    { basic: { realm: ['people'], usersPath: [usersFile(t)] } },
    dependencies,
  );
  const right = ['Authorization', basic('plain', 'secret')];
  assert.equal(refusedOf(await access.check(requestOf([...right, ...right]))).error.status, 401);
});

test('reasons name what is wrong, and no password', async (t) => {
  const usersPath = [usersFile(t)];
  const reasonOf = async (user: string, path = usersPath) => {
    const access = new Access({ basic: { realm: ['people'], usersPath: path } }, dependencies);
    const { error } = refusedOf(
      await access.check(requestOf(['Authorization', basic(user, 'hunter2')])),
    );
    assert.doesNotMatch(
      JSON.stringify([error.message, error.remedy, String(error.cause)]),
      /hunter2|\$/,
    );
    return error.message;
  };
  assert.match(await reasonOf('plain'), /user plain sent a wrong password/);
  assert.match(await reasonOf('nobody'), /user nobody is unknown/);
  assert.match(await reasonOf('plain', ['/none/users']), /\/none\/users/);
  const source = { variable: () => undefined };
  const denied = new Access(
    { addresses: [{ allow: false, network: '127.0.0.0/8' }] },
    dependencies,
  );
  assert.match(
    refusedOf(await denied.check(requestOf([], { source }))).error.message,
    /127\.0\.0\.1.*127\.0\.0\.0\/8/,
  );
});

test('what the asked server says becomes variables, let in or not', async () => {
  const set = [
    { variable: 'user', value: [{ variable: 'upstream_http_x_user' }] },
    { variable: 'cookie', value: ['s=', { variable: 'upstream_cookie_session' }] },
    { variable: 'status', value: [{ variable: 'upstream_status' }] },
    { variable: 'from', value: [{ variable: 'request_uri' }] },
    { variable: 'none', value: [{ variable: 'upstream_http_x_none' }] },
  ];
  const lines = [
    'X-User',
    'ann',
    'Set-Cookie',
    'a=b',
    'Set-Cookie',
    'Session=xyz; Path=/',
    'WWW-Authenticate',
    'Bearer',
    'WWW-Authenticate',
    'Basic realm="x"',
  ];
  const access = new Access(
    { authRequest: { uri: ['/auth?to=', { variable: 'request_uri' }], set } },
    dependencies,
  );
  for (const status of [200, 401, 403, 500]) {
    const asked: string[] = [];
    const subrequest = (uri: string) => {
      asked.push(uri);
      return Promise.resolve(answer(status, lines));
    };
    const verdict = await access.check(requestOf([], { subrequest }));
    assert.deepEqual(asked, ['/auth?to=/asked']);
    assert.deepEqual(verdict.variables, [
      { variable: 'user', value: 'ann' },
      { variable: 'cookie', value: 's=xyz' },
      { variable: 'status', value: String(status) },
      { variable: 'from', value: '/asked' },
      { variable: 'none', value: '' },
    ]);
    assert.equal(verdict.allowed, status === 200);
    if (!verdict.allowed) {
      assert.deepEqual(
        verdict.fields,
        status === 401
          ? [
              ['WWW-Authenticate', 'Bearer'],
              ['WWW-Authenticate', 'Basic realm="x"'],
            ]
          : [],
      );
    }
  }
});

test('a server that gives no answer lets nobody in', async () => {
  const access = new Access({ authRequest: { uri: ['/auth'] } }, dependencies);
  const { error } = refusedOf(await access.check(requestOf([])));
  assert.equal(error.code, 'HW_AUTH_REQUEST');
  assert.match(error.message, /nobody is asked/);
  const mistake = new TypeError('x is no function');
  const subrequest = () => Promise.reject(mistake);
  await assert.rejects(async () => access.check(requestOf([], { subrequest })), mistake);
});
