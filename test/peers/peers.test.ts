/**
 * One configuration, two programs: every case is asked of a real nginx and of Hatchway that reads the same file, and both give
 * the same answers.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { done } from '../../src/config/from-nginx/support.ts';
import { NameServer } from '../../src/gateway/upstream/testing/name-server.ts';
import { allDirectives, isIn } from '../../src/nginx/directives.ts';
import { Authority } from '../kit/authority.ts';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { startChild } from '../kit/child.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { freePort } from '../kit/ports.ts';
import { tempFolder } from '../kit/temp.ts';
import { accessCases } from './cases/access.ts';
import { answerCases } from './cases/answers.ts';
import { choosingCases } from './cases/choosing.ts';
import { fileCases } from './cases/files.ts';
import { forwardingCases } from './cases/forwarding.ts';
import { limitCases } from './cases/limits.ts';
import { listeningCases } from './cases/listening.ts';
import { logCases } from './cases/logs.ts';
import { requestBodyCases } from './cases/request-bodies.ts';
import { ruleCases } from './cases/rules.ts';
import { tlsCases } from './cases/tls.ts';
import { upstreamCases } from './cases/upstreams.ts';
import { differences } from './differences.ts';
import { startEchoUpstream, startSilentUpstream, startTlsEchoUpstream } from './echo-upstream.ts';
import { observe, type Place, send } from './observe.ts';
import type { Ask, PeerCase } from './peer-case.ts';
import { writeSiteFiles } from './site-files.ts';
import { usersFile } from './users-file.ts';

const groups: Readonly<Record<string, readonly PeerCase[]>> = {
  choosing: choosingCases,
  forwarding: forwardingCases,
  'request bodies': requestBodyCases,
  rules: ruleCases,
  answers: answerCases,
  files: fileCases,
  access: accessCases,
  listening: listeningCases,
  limits: limitCases,
  logs: logCases,
  upstreams: upstreamCases,
  tls: tlsCases,
};

type PeersPlace = Place & {
  /** What stands for the words of the configuration. */
  readonly words: Readonly<Record<string, string>>;
};

for (const [group, cases] of Object.entries(groups)) {
  test(`${group}: Hatchway answers as nginx does`, async (t) => {
    const place = await placeFor(t);
    writeFileSync(join(place.folder, 'nginx.conf'), configuration(cases, place));
    const expected = await observeAll(cases, place, await startNginx(t, place));
    const actual = await observeAll(cases, place, await startHatchwayHere(t, place));
    const unexpected: string[] = [];
    for (const [index, { name, asks, log }] of cases.entries()) {
      const lines = { line: `the lines of ${log}` };
      for (const [nth, ask] of [...asksOf(asks), ...(log === undefined ? [] : [lines])].entries()) {
        const key = `${index}/${nth}`;
        const isSame = expected.get(key) === actual.get(key);
        const listed = differences.find(
          (one) => one.name === name && one.asks.some((line) => line.test(textOf(ask))),
        );
        if (isSame !== (listed === undefined)) {
          unexpected.push(
            `${name}\n${textOf(ask)}\n--- nginx\n${expected.get(key)}\n--- Hatchway\n${actual.get(key)}` +
              (listed === undefined ? '' : '\n(listed as a difference, which it is not)'),
          );
        }
      }
    }
    assert.equal(
      unexpected.length,
      0,
      `${unexpected.length} differ:\n\n${unexpected.join('\n\n======\n')}`,
    );
  });
}

/** What cannot be seen from outside in a moment, or is in every configuration here. */
const notAsked: Readonly<Record<string, string>> = {
  include: 'test/e2e/nginx-conf.test.ts',
  worker_shutdown_timeout: 'seen when the program ends',
  ssl_trusted_certificate: 'the same as ssl_client_certificate since nginx 1.27.0',
};

test('every directive of this nginx that Hatchway follows is asked about', () => {
  const text = Object.values(groups)
    .flat()
    .map(({ http = '', server = '', servers = '' }) => `${http} ${server} ${servers}`)
    .join('\n');
  const names = new Set(
    allDirectives.filter((spec) => isIn(spec, '1.22.1')).map(({ name }) => name),
  );
  const missing = [...names].filter(
    (name) => done.has(name) && !new RegExp(`\\b${name}\\b`).test(text),
  );
  assert.deepEqual(missing.sort(), Object.keys(notAsked).sort());
});

async function placeFor(t: TestContext): Promise<PeersPlace> {
  const folder = tempFolder(t, 'peers');
  mkdirSync(join(folder, 'logs'));
  writeFileSync(join(folder, 'users'), usersFile());
  writeSiteFiles(folder);
  const own = selfSignedCertificate(t, ['*.test']);
  for (const name of ['server', 'client', 'stranger']) {
    const { certPath, keyPath } = name === 'server' ? own : selfSignedCertificate(t, [name], name);
    copyFileSync(certPath, join(folder, `${name}.pem`));
    copyFileSync(keyPath, join(folder, `${name}.key`));
  }
  const chained = chainedCertificates(t, folder);
  const ports = { LISTEN: await freePort(), TLS: await freePort(), PORT: await freePort() };
  const local = (port: number) => `127.0.0.1:${port}`;
  const words = {
    LISTEN: local(ports.LISTEN),
    TLS: local(ports.TLS),
    PORT: String(ports.PORT),
    UP_NONE: local(await freePort()),
    UP_A: local(await startEchoUpstream(t, 'A')),
    UP_B: local(await startEchoUpstream(t, 'B')),
    UP_TLS: local(await startTlsEchoUpstream(t, 'TLS', own)),
    UP_FAR: local(await startTlsEchoUpstream(t, 'FAR', chained.far)),
    UP_GONE: local(await startTlsEchoUpstream(t, 'GONE', chained.gone)),
    UP_SILENT: local(await startSilentUpstream(t)),
    NAMES: await startNames(t),
    FOLDER: folder,
  };
  return { folder, ports, words };
}

/** Certificates with authorities above them, and a key that a passphrase opens. */
function chainedCertificates(t: TestContext, folder: string) {
  const root = Authority.root(t, 'root.test');
  const inner = root.authority('inner.test');
  const deep = inner.authority('deep.test');
  const near = inner.issue('near.test');
  const far = deep.issue('far.test');
  const gone = inner.issue('gone.test');
  inner.revoke(gone);
  const lists = [root, inner, deep].map((authority) => authority.revocationList());
  writeFileSync(join(folder, 'lists.crl'), lists.join(''));
  copyFileSync(root.certPath, join(folder, 'root.pem'));
  for (const [name, { certPath, keyPath }] of Object.entries({ near, far, gone })) {
    copyFileSync(certPath, join(folder, `${name}.pem`));
    copyFileSync(keyPath, join(folder, `${name}.key`));
  }
  for (const name of ['server', 'client']) {
    const key = createPrivateKey(readFileSync(join(folder, `${name}.key`)));
    const locked = {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: name,
    } as const;
    writeFileSync(join(folder, `${name}.locked`), key.export(locked));
  }
  writeFileSync(join(folder, 'passphrases'), 'wrong\nclient\nserver\n');
  return { far, gone };
}

/** Upstreams listen at one of its addresses. */
async function startNames(t: TestContext): Promise<string> {
  const names = await NameServer.start(t);
  names.set('both.names.test', { addresses: ['127.0.0.1', '::1'], ttl: 60 });
  return names.address;
}

function configuration(cases: readonly PeerCase[], { folder, words }: PeersPlace): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join('\n');
  const blocks = cases.map(
    ({ http = '', server, servers }, index) =>
      `${http}\n${servers ?? `server { listen LISTEN; server_name ${nameOf(index)}; ${server} }`}`,
  );
  return filled(
    `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr notice;
events { worker_connections 512; }
http {
${temporary}
  access_log off;
  default_type text/plain;
  server { listen LISTEN default_server; server_name default.test; return 200 "default server"; }
${blocks.join('\n')}
}
`,
    words,
  );
}

function nameOf(index: number): string {
  return `case${index}.test`;
}

function filled(text: string, words: PeersPlace['words']): string {
  return text.replace(
    /\b(?:LISTEN|TLS|PORT|UP_[A-Z]+|NAMES|FOLDER)\b/g,
    (word) => words[word] ?? word,
  );
}

type Running = { stop(): Promise<void> };

async function startNginx(t: TestContext, { folder }: Place): Promise<Running> {
  const child = startChild(t, '/usr/sbin/nginx', [
    ...['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
  ]);
  await child.said(/start worker process \d+/);
  return child;
}

async function startHatchwayHere(t: TestContext, { folder }: Place): Promise<Running> {
  const child = startChild(t, hatchwayPath, [
    ...['up', '--nginx', join(folder, 'nginx.conf'), '--data-dir', join(folder, 'data')],
  ]);
  await child.said(/Hatchway is ready/);
  return child;
}

/** In order, one after the other, since some answers depend on what was asked before. */
async function observeAll(
  cases: readonly PeerCase[],
  place: PeersPlace,
  running: Running,
): Promise<Map<string, string>> {
  const observed = new Map<string, string>();
  for (const [index, { asks }] of cases.entries()) {
    for (const [nth, ask] of asksOf(asks).entries()) {
      const real = {
        ...ask,
        headers: ask.headers?.map((header) => filled(header, place.words)) ?? [],
      };
      observed.set(`${index}/${nth}`, observe(await send(real, nameOf(index), place)));
    }
  }
  await running.stop();
  for (const [index, { asks, log }] of cases.entries()) {
    if (log === undefined) continue;
    const path = join(place.folder, log);
    const time = /\[\d\d\/\w{3}\/\d{4}:[\d:]+ [+-]\d{4}\]/g;
    observed.set(`${index}/${asks.length}`, readFileSync(path, 'latin1').replace(time, '[time]'));
    rmSync(path);
  }
  return observed;
}

function asksOf(asks: PeerCase['asks']): Ask[] {
  return asks.map((ask) => (typeof ask === 'string' ? { line: ask } : ask));
}

function textOf({ line, host, headers = [], raw, at, from, tls }: Ask): string {
  const more = Object.entries({ at, from, tls }).flatMap(([key, value]) =>
    value === undefined ? [] : `(${key} ${JSON.stringify(value)})`,
  );
  const text = [line, ...(host === undefined ? [] : [`Host: ${host}`]), ...headers, ...more];
  return raw ?? text.join('\n');
}
