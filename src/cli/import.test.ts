import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { selfSignedCertificate } from '../../test/kit/certificate.ts';
import { startChild } from '../../test/kit/child.ts';
import { hatchwayPath } from '../../test/kit/hatchway.ts';
import { leaveNothingBehind } from '../../test/kit/leftovers.ts';
import { tempFolder } from '../../test/kit/temp.ts';

leaveNothingBehind();

/** Exit code and all that was said. */
async function hatchway(
  t: TestContext,
  folder: string,
  ...args: string[]
): Promise<[number | NodeJS.Signals, string]> {
  const env = { ...process.env, XDG_DATA_HOME: join(folder, 'data') };
  const child = startChild(t, hatchwayPath, args, { cwd: folder, env });
  return [await child.exited, child.output];
}

describe('hatchway import', () => {
  test('writes a hatchway.yaml that hatchway check finds nothing wrong with', async (t) => {
    const folder = tempFolder(t, 'import');
    const { certPath, keyPath } = selfSignedCertificate(t, ['app.test']);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `http {
  server { listen 127.0.0.1:80 default_server; return 301 https://$host$request_uri; }
  server {
    listen 127.0.0.1:443 ssl;
    server_name app.test;
    ssl_certificate ${certPath};
    ssl_certificate_key ${keyPath};
    proxy_set_header Host $host;
    location / { proxy_pass http://127.0.0.1:3000; }
    location /api/ { auth_basic closed; auth_basic_user_file users; proxy_pass http://127.0.0.1:3001/; }
  }
}
`,
    );
    writeFileSync(join(folder, 'users'), 'ann:$apr1$salt$KU.QoGRaWiXyFyb3tIbVH/\n');
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf', '-o', 'new.yaml');
    assert.deepEqual(
      [code, said],
      [0, 'new.yaml: 2 sites of nginx.conf; now run: hatchway check -c new.yaml\n'],
    );
    const [checked, findings] = await hatchway(t, folder, 'check', '-c', 'new.yaml');
    assert.equal(checked, 0, findings);
    assert.match(findings, /new\.yaml: ok \(2 sites, 2 listeners\)/);
    assert.match(readFileSync(join(folder, 'new.yaml'), 'utf8'), /# nginx\.conf:3\n/);
  });

  test('prints the hatchway.yaml when no file is named', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(join(folder, 'nginx.conf'), 'http { server { listen 80; return 204; } }\n');
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf');
    assert.equal(code, 0);
    assert.match(said, /^# Brought over from nginx\.conf\..*^ {4}answer: 204$/ms);
    assert.equal(existsSync(join(folder, 'hatchway.yaml')), false);
  });

  test('says what it left out in the file and beside it, and ends with 1', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(
      join(folder, 'nginx.conf'),
      'http { server { listen 80; if ($arg_x) { return 600; } } }\n',
    );
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf', '-o', 'new.yaml');
    assert.equal(code, 1);
    const message = 'nginx.conf:1:42: the answer 600 became one of 500: it is no status of HTTP';
    assert.ok(said.includes(`\n${message}\n`), said);
    assert.ok(readFileSync(join(folder, 'new.yaml'), 'utf8').includes(`\n# ${message}\n`));
  });

  test('writes nothing of an nginx.conf that cannot be served, and says why and where', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(
      join(folder, 'nginx.conf'),
      'http { server { listen 80; location / { fastcgi_pass 127.0.0.1:9000; } } }\n',
    );
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf', '-o', 'new.yaml');
    assert.equal(code, 1);
    assert.match(said, /^nginx\.conf:1:41: .*fastcgi_pass/);
    assert.equal(existsSync(join(folder, 'new.yaml')), false);
  });

  test('writes over a file that is there only when it is told to', async (t) => {
    const folder = tempFolder(t, 'import');
    const file = join(folder, 'hatchway.yaml');
    writeFileSync(join(folder, 'nginx.conf'), 'http { server { listen 80; return 204; } }\n');
    writeFileSync(file, 'mine\n');
    const args = ['import', 'nginx.conf', '-o', 'hatchway.yaml'];
    const [code, said] = await hatchway(t, folder, ...args);
    assert.equal(code, 1);
    assert.match(said, /hatchway\.yaml is there already \[HW_OUTPUT\]/);
    assert.equal(readFileSync(file, 'utf8'), 'mine\n');
    const [forced] = await hatchway(t, folder, ...args, '--force');
    assert.equal(forced, 0);
    assert.match(readFileSync(file, 'utf8'), /answer: 204/);
  });

  test('says why a file cannot be written', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(join(folder, 'nginx.conf'), 'http { server { listen 80; return 204; } }\n');
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf', '-o', 'none/new.yaml');
    assert.equal(code, 1);
    assert.match(said, /none\/new\.yaml cannot be written: there is no such folder \[HW_OUTPUT\]/);
  });

  test('asks for a file', async (t) => {
    const [code, said] = await hatchway(t, tempFolder(t, 'import'), 'import');
    assert.equal(code, 2);
    assert.match(said, /missing required argument 'file'/);
  });
});
