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

  test('writes nothing when something cannot be brought over, and says what and where', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(
      join(folder, 'nginx.conf'),
      'http { server { listen 80; if ($arg_x) { return 403; } } }\n',
    );
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf');
    assert.equal(code, 1);
    assert.match(said, /^nginx\.conf:1:28: "if" is not in hatchway\.yaml/);
    assert.equal(existsSync(join(folder, 'hatchway.yaml')), false);
  });

  test('writes over nobody’s configuration', async (t) => {
    const folder = tempFolder(t, 'import');
    writeFileSync(join(folder, 'nginx.conf'), 'http { server { listen 80; return 204; } }\n');
    writeFileSync(join(folder, 'hatchway.yaml'), 'mine\n');
    const [code, said] = await hatchway(t, folder, 'import', 'nginx.conf');
    assert.equal(code, 1);
    assert.match(said, /hatchway\.yaml is there already \[HW_OUTPUT\]/);
    assert.equal(readFileSync(join(folder, 'hatchway.yaml'), 'utf8'), 'mine\n');
  });

  test('asks for a file', async (t) => {
    const [code, said] = await hatchway(t, tempFolder(t, 'import'), 'import');
    assert.equal(code, 2);
    assert.match(said, /missing required argument 'file'/);
  });
});
