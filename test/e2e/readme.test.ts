/** What the README tells people to do, done as it is written there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { hatchwayPath, startHatchway } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { freePort } from '../kit/ports.ts';
import { atEnd } from '../kit/scope.ts';
import { tempFolder } from '../kit/temp.ts';

leaveNothingBehind();

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The code blocks of a language below a heading, up to the next one. */
function blocks(heading: string, language: string): string[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(heading));
  assert.ok(section !== undefined, `the README has no heading ${heading}`);
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms');
  return [...section.matchAll(pattern)].map(([, text]) => text ?? '');
}

test('the two commands of the README are those of package.json', () => {
  const [commands = ''] = blocks('Two commands', 'sh');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [, name] of commands.matchAll(/^npm (\w+)/gm)) assert.ok(scripts[name ?? ''], name);
  assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^exec npm test$/m);
});

test('the console example prints the screen of a session', async (t) => {
  const hatchway = await startHatchway(t);
  const data = tempFolder(t, 'xdg');
  symlinkSync(hatchway.dataDir, join(data, 'hatchway'));
  const [script = ''] = blocks('The console', 'sh');
  const { stdout } = await run('sh', ['-euc', script], {
    env: { ...process.env, XDG_DATA_HOME: data },
  });
  assert.equal(stdout, 'six by seven is 42\n');
});

test('the gateway example is valid, and serves its site over TLS', async (t) => {
  const [yaml = ''] = blocks('The gateway', 'yaml');
  const upstream = createServer((request, response) => {
    response.end(`${request.headers.host} ${request.headers['x-forwarded-proto']}`);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  atEnd(t, () => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const folder = tempFolder(t, 'site');
  mkdirSync(join(folder, 'ssl'));
  const { certPath, keyPath } = selfSignedCertificate(t, ['sweet.domain.com']);
  const port = await freePort();
  const config = yaml
    .replace('/ssl/cert.pem', certPath)
    .replace('/ssl/key.pem', keyPath)
    .replace('0.0.0.0:443', `127.0.0.1:${port}`)
    .replace(
      'https://sweet_swarm_task:9443',
      `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    )
    .replace(/ {4}upstreamTls:\n {6}verify: false\n/, '');
  const path = join(folder, 'hatchway.yaml');
  writeFileSync(path, yaml.replace('/ssl/cert.pem', certPath).replace('/ssl/key.pem', keyPath));
  const checked = await run(hatchwayPath, ['check', '-c', path]);
  assert.match(checked.stdout, /ok/);

  await startHatchway(t, { config });
  const answer = await httpRequest(`https://sweet.domain.com:${port}/`, { port });
  assert.equal(answer.text, `sweet.domain.com:${port} https`);
});
