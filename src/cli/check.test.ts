import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { startChild } from '../../test/kit/child.ts';
import { hatchwayPath } from '../../test/kit/hatchway.ts';
import { leaveNothingBehind } from '../../test/kit/leftovers.ts';
import { tempFolder } from '../../test/kit/temp.ts';

leaveNothingBehind();

const secret = 'Zq9-token-Xk7';

/** Exit code and all that was said. */
function check(
  t: TestContext,
  folder: string,
  ...args: string[]
): Promise<[number | NodeJS.Signals, string]> {
  return hatchway(t, folder, 'check', ...args);
}

async function hatchway(
  t: TestContext,
  folder: string,
  ...args: string[]
): Promise<[number | NodeJS.Signals, string]> {
  const env = { ...process.env, XDG_DATA_HOME: join(folder, 'data'), HW_TEST_SECRET: secret };
  const child = startChild(t, hatchwayPath, args, { cwd: folder, env });
  return [await child.exited, child.output];
}

/** `cert.pem` with `key.pem`, `old.pem` that has expired with the same key, `other.pem`, `locked.pem`, `users`. */
function withFiles(t: TestContext): string {
  const folder = tempFolder(t, 'check');
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-x509', '-subj', '/CN=a.test'];
  openssl('req', ...name, ...curve, '-keyout', 'key.pem', '-out', 'cert.pem');
  openssl('req', ...name, ...curve, '-keyout', 'other-key.pem', '-out', 'other.pem');
  openssl('req', '-new', '-subj', '/CN=a.test', '-key', 'key.pem', '-out', 'request');
  const signed = ['x509', '-req', '-in', 'request', '-signkey', 'key.pem'];
  openssl(...signed, '-days', '-1', '-out', 'old.pem');
  openssl('pkey', '-in', 'key.pem', '-aes128', '-passout', `pass:${secret}`, '-out', 'locked.pem');
  writeFileSync(join(folder, 'passphrases'), `wrong\n${secret}\n`);
  writeFileSync(join(folder, 'users'), 'ann:$apr1$salt$KU.QoGRaWiXyFyb3tIbVH/\n');
  return folder;
}

describe('hatchway check opens the files that a configuration names', () => {
  test('of a hatchway.yaml, and says all at once where and what to do', async (t) => {
    const folder = withFiles(t);
    writeFileSync(
      join(folder, 'bad.yaml'),
      `sites:
  - { host: a.test, listen: 8443, cert: cert.pem, key: other-key.pem, to: http://127.0.0.1:1 }
  - { host: b.test, listen: 8443, cert: missing.pem, key: locked.pem, to: http://127.0.0.1:1 }
  - { host: c.test, listen: 8443, cert: key.pem, key: cert.pem, to: http://127.0.0.1:1 }
  - host: d.test
    listen: 8443
    cert: cert.pem
    key: locked.pem
    passphrases: passphrases
    to: https://127.0.0.1:1
    upstreamTls: { ca: users }
    auth: { basic: { file: nobody } }
    tls: { clients: { ca: cert.pem, crl: users } }
    headers: { request: { set: { X-A: "\${HW_TEST_NONE}", X-B: "file:none", X-C: "\${HW_TEST_NONE_TOO}" } } }
`,
    );
    const [code, said] = await check(t, folder, '-c', 'bad.yaml');
    assert.equal(code, 1);
    const places = [
      /^bad\.yaml:2:56: the key in .*other-key\.pem does not belong to the certificate in .*cert\.pem$/m,
      /^bad\.yaml:3:41: .*missing\.pem cannot be read: there is no such file$/m,
      /^bad\.yaml:3:59: the private key in .*locked\.pem has a passphrase\n {4}write it without one: openssl/m,
      /^bad\.yaml:4:41: .*key\.pem is not a certificate in PEM form\n {4}it is a private key; are/m,
      /^bad\.yaml:4:55: .*cert\.pem is not a private key in PEM form\n {4}it is a certificate; are/m,
      /^bad\.yaml:11:24: .*users is not a certificate in PEM form$/m,
      /^bad\.yaml:12:28: .*nobody cannot be read: there is no such file$/m,
      /^bad\.yaml:13:42: .*users has no revocation list in PEM form$/m,
      /^bad\.yaml:14:39: the environment has no variable `HW_TEST_NONE`$/m,
      /^bad\.yaml:14:63: .*none cannot be read: there is no such file$/m,
      /^bad\.yaml:14:81: the environment has no variable `HW_TEST_NONE_TOO`$/m,
    ];
    for (const place of places) assert.match(said, place);
    assert.match(said, new RegExp(`^hatchway: ${places.length} problems$`, 'm'));
  });

  test('of an nginx.conf, and says all at once where and what to do', async (t) => {
    const folder = withFiles(t);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `http {
  ssl_certificate cert.pem;
  ssl_certificate_key other-key.pem;
  server { listen 127.0.0.1:8443 ssl; return 204; }
  server {
    listen 127.0.0.1:8443 ssl; server_name b.test;
    ssl_certificate missing.pem; ssl_certificate_key locked.pem;
    location / { auth_basic a; auth_basic_user_file nobody; proxy_pass https://127.0.0.1:1; }
    location /log { access_log syslog:server=127.0.0.1; access_log none/a.log; proxy_pass http://127.0.0.1:1; }
    location /off { access_log off; proxy_pass http://127.0.0.1:1; }
    location /tls { proxy_ssl_trusted_certificate users; proxy_ssl_crl users; proxy_pass https://127.0.0.1:1; }
  }
  server {
    listen 127.0.0.1:8444 ssl;
    ssl_certificate old.pem; ssl_certificate_key locked.pem; ssl_password_file passphrases;
    return 204;
  }
}
`,
    );
    const [code, said] = await check(t, folder, '--nginx', 'nginx.conf');
    assert.equal(code, 1);
    const places = [
      /^nginx\.conf:3:23: the key in .*other-key\.pem does not belong to the certificate in .*cert\.pem$/m,
      /^nginx\.conf:7:21: .*missing\.pem cannot be read: there is no such file$/m,
      /^nginx\.conf:7:54: the private key in .*locked\.pem has a passphrase$/m,
      /^nginx\.conf:8:53: .*nobody cannot be read: there is no such file$/m,
      /^nginx\.conf:9:68: there is no folder .*none\n {4}create it$/m,
      /^nginx\.conf:11:51: .*users is not a certificate in PEM form$/m,
      /^nginx\.conf:11:72: .*users has no revocation list in PEM form$/m,
    ];
    for (const place of places) assert.match(said, place);
    assert.match(said, new RegExp(`^hatchway: ${places.length} problems$`, 'm'));
    const expired =
      /^nginx\.conf:15:21: warning: the certificate in .*old\.pem has expired on \d{4}-\d\d-\d\d$/m;
    assert.match(said, expired);
  });

  test('and warns of one that has expired', async (t) => {
    const folder = withFiles(t);
    writeFileSync(
      join(folder, 'old.yaml'),
      'sites: [{ listen: 8443, cert: old.pem, key: key.pem, to: http://127.0.0.1:1 }]\n',
    );
    const [code, said] = await check(t, folder, '-c', 'old.yaml');
    assert.equal(code, 0);
    assert.match(
      said,
      /^old\.yaml:1:31: warning: the certificate in .*old\.pem has expired on \d{4}/m,
    );
  });
});

describe('warnings and errors are told at once, as they stand in the file', () => {
  const places = (said: string) =>
    said
      .split('\n')
      .flatMap((line) => /^\w+\.(?:yaml|conf):\d+:\d+:(?: warning:)?/.exec(line) ?? []);

  test('of a hatchway.yaml', async (t) => {
    const folder = withFiles(t);
    writeFileSync(
      join(folder, 'mixed.yaml'),
      `drain: soon
sites:
  - { host: a.test, listen: 8443, cert: old.pem, key: key.pem, to: http://127.0.0.1:1, hots: b }
  - { host: b.test, listen: 8443, cert: cert.pem, key: other-key.pem, to: http://127.0.0.1:1 }
`,
    );
    const [code, said] = await check(t, folder, '-c', 'mixed.yaml');
    assert.equal(code, 1);
    const expected = [
      'mixed.yaml:1:8:',
      'mixed.yaml:3:41: warning:',
      'mixed.yaml:3:88:',
      'mixed.yaml:4:56:',
    ];
    assert.deepEqual(places(said), expected);
    assert.match(said, /^hatchway: 3 problems$/m);
  });

  test('of an nginx.conf, by check, import and up alike', async (t) => {
    const folder = withFiles(t);
    writeFileSync(
      join(folder, 'mixed.conf'),
      `http {
  gzip on;
  server {
    listen 127.0.0.1:8443 ssl;
    ssl_certificate old.pem; ssl_certificate_key key.pem;
    location / { proxy_bind 127.0.0.2; proxy_pass http://127.0.0.1:1; }
  }
}
`,
    );
    const ofText = ['mixed.conf:2:3: warning:', 'mixed.conf:6:18:'];
    const all = [ofText[0], 'mixed.conf:5:21: warning:', ofText[1]];
    for (const [args, expected] of [
      [['check', '--nginx', 'mixed.conf'], all],
      [['up', '--nginx', 'mixed.conf'], all],
      [['import', 'mixed.conf'], ofText],
    ] as const) {
      const [code, said] = await hatchway(t, folder, ...args);
      assert.equal(code, 1);
      assert.deepEqual(places(said), expected);
      assert.match(said, /^hatchway: 1 problem$/m);
    }
  });
});

test('hatchway up --nginx refuses the files that check refuses, and import needs none of them', async (t) => {
  const folder = withFiles(t);
  writeFileSync(
    join(folder, 'files.conf'),
    `http {
  server {
    listen 127.0.0.1:8443 ssl;
    ssl_certificate cert.pem; ssl_certificate_key other-key.pem;
    location / { auth_basic a; auth_basic_user_file nobody; proxy_pass http://127.0.0.1:1; }
  }
}
`,
  );
  const [checkCode, checked] = await check(t, folder, '--nginx', 'files.conf');
  const [upCode, said] = await hatchway(t, folder, 'up', '--nginx', 'files.conf');
  assert.deepEqual([checkCode, upCode], [1, 1]);
  assert.equal(said, checked);
  assert.match(said, /^files\.conf:4:51: the key in .* does not belong to the certificate in/m);
  assert.match(said, /^files\.conf:5:53: .*nobody cannot be read: there is no such file$/m);
  const [importCode] = await hatchway(t, folder, 'import', 'files.conf');
  assert.equal(importCode, 0);
});

describe('hatchway check --json', () => {
  test('has what is wrong as data, with places, and the same exit code', async (t) => {
    const folder = tempFolder(t, 'check');
    writeFileSync(join(folder, 'bad.yaml'), 'lisen: 8022\ndrain: 5\n');
    const [code, said] = await check(t, folder, '-c', 'bad.yaml', '--json');
    assert.equal(code, 1);
    const { problems, ...rest } = JSON.parse(said) as { problems: Record<string, unknown>[] };
    assert.deepEqual(rest, { file: 'bad.yaml', ok: false, warnings: [] });
    assert.deepEqual(
      problems.map(({ file, line, column }) => ({ file, line, column })),
      [
        { file: 'bad.yaml', line: 1, column: 1 },
        { file: 'bad.yaml', line: 2, column: 8 },
      ],
    );
    assert.equal(problems[0]?.message, 'unknown key `lisen`; did you mean `listen`?');
  });

  test('has warnings of a good file', async (t) => {
    const folder = tempFolder(t, 'check');
    writeFileSync(join(folder, 'open.yaml'), 'listen: 0.0.0.0:8022\n');
    const [code, said] = await check(t, folder, '-c', 'open.yaml', '--json');
    assert.equal(code, 0);
    const { ok, warnings } = JSON.parse(said) as { ok: boolean; warnings: { message: string }[] };
    assert.equal(ok, true);
    assert.match(warnings[0]?.message ?? '', /can be reached from other machines without TLS/);
  });
});

for (const args of [[], ['--json']]) {
  test(`what comes from the environment or a file is in no message: check ${args.join(' ')}`, async (t) => {
    const folder = tempFolder(t, 'check');
    writeFileSync(join(folder, 'token'), `${secret}\n\u0007\n`);
    const value = '"$' + '{HW_TEST_SECRET}"';
    writeFileSync(
      join(folder, 'bad.yaml'),
      `listen: ${value}
admin: ${value}
limits: { zones: { a: { perSecond: ${value}, memory: ${value} } } }
maps: { m: { of: "$\${HW_TEST_SECRET}", keys: networks, values: { a: ${value} } } }
upstreams: { u: { servers: ${value} } }
sites:
  - host: ${value}
    to: ${value}
    cert: ${value}
    key: ${value}
    rules: [{ if: ${value}, rewrite: { path: ${value}, to: ${value} } }]
    auth: { allow: ${value}, basic: { file: ${value} }, forward: { to: ${value} } }
    headers: { request: { set: { X-A: "file:token" } } }
    routes: [{ path: ${value}, to: "http://\${HW_TEST_SECRET}:99999", errorPages: [{ status: ${value}, to: ${value} }] }]
`,
    );
    const [code, said] = await check(t, folder, '-c', 'bad.yaml', ...args);
    assert.equal(code, 1);
    assert.match(said, /HW_TEST_SECRET/);
    for (const part of ['Zq9-token', 'token-Xk7', 'zq9-token', secret]) {
      assert.ok(!said.includes(part), said);
    }
  });
}
