import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCertificate } from './certificate.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'hatchway-notices-'));
const dayMs = 86_400_000;
let endMs: number;

before(() => {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  args.push('-nodes', '-subj', '/CN=a.example', '-days', '90', '-keyout', 'key.pem');
  execFileSync('openssl', [...args, '-out', 'cert.pem'], { cwd: folder, stdio: 'ignore' });
  endMs = Date.parse(readCertificate(join(folder, 'cert.pem')).validTo);
});
after(() => rmSync(folder, { recursive: true }));

/** The warnings of a file, without the file's own name in them. */
function warningsOf(yaml: string, now = new Date()): string[] {
  const file = join(folder, 'hatchway.yaml');
  writeFileSync(file, yaml);
  const result = loadConfig({ file, dataFolder: '/data', now });
  const problems = result.ok ? result.warnings : result.problems;
  return problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));
}

const twoSites = `sites:
  - { host: a.example, cert: cert.pem, key: key.pem, to: http://a }
  - { host: b.example, cert: cert.pem, key: key.pem, to: http://b }
console: { enabled: false }
`;

test('a certificate that expires within 14 days is told once, with its place', () => {
  assert.deepEqual(warningsOf(twoSites, new Date(endMs - 15 * dayMs)), []);
  const day = new Date(endMs).toISOString().slice(0, 10);
  assert.deepEqual(warningsOf(twoSites, new Date(endMs - 13.5 * dayMs)), [
    `hatchway.yaml:2:30: the certificate in cert.pem expires in 13 days, on ${day}\n    renew it; the file is read again when it changes`,
  ]);
  assert.match(
    warningsOf(twoSites, new Date(endMs - 1.5 * dayMs))[0] ?? '',
    /expires in 1 day, on/,
  );
  assert.match(warningsOf(twoSites, new Date(endMs - 1))[0] ?? '', /expires within a day, on/);
});

test('a certificate that has expired, or is not valid yet, is told', () => {
  assert.match(warningsOf(twoSites, new Date(endMs))[0] ?? '', /cert\.pem has expired on /);
  assert.match(warningsOf(twoSites, new Date(0))[0] ?? '', /cert\.pem is only valid from /);
});

test('authorities and client certificates towards upstreams expire, too', () => {
  const yaml = `sites:
  - to: https://a
    upstreamTls: { ca: cert.pem }
    routes:
      - { path: /x/, to: https://b, upstreamTls: { cert: cert.pem, key: key.pem } }
console: { enabled: false }
`;
  assert.match(warningsOf(yaml, new Date(endMs)).join(), /^hatchway\.yaml:3:24: .* has expired/);
});

test('an address with the PROXY protocol where nobody is believed is told', () => {
  const yaml = 'listen: [{ address: 8022, proxyProtocol: true }]\n';
  assert.match(
    warningsOf(yaml).join(),
    /^hatchway\.yaml:1:10: 127\.0\.0\.1:8022 is told who clients are/,
  );
  assert.deepEqual(warningsOf(`${yaml}trustedProxies: 10.0.0.1\n`), []);
});

test('settings that break what Nomad is known to need are told', () => {
  const yaml = `sites:
  - to: [http://a:4646, http://b:4646]
    profile: nomad
    balance: round_robin
    timeouts: { read: 1m }
console: { enabled: false }
`;
  const told = warningsOf(yaml);
  assert.match(told[0] ?? '', /^hatchway\.yaml:4:14: an exec session belongs to one server/);
  assert.match(told[1] ?? '', /^hatchway\.yaml:5:23: Nomad answers a blocking query after 5 min/);
  assert.equal(told.length, 2);
});

test("Portainer's own certificate is only told of where it would be refused", () => {
  const site = (more: string) =>
    `sites: [{ to: https://portainer:9443, profile: portainer${more} }]\nconsole: { enabled: false }\n`;
  assert.match(warningsOf(site('')).join(), /^hatchway\.yaml:1:15: the certificate that Portainer/);
  assert.deepEqual(warningsOf(site(', upstreamTls: { verify: false }')), []);
  assert.deepEqual(warningsOf(site(', upstreamTls: { ca: cert.pem }')), []);
});
