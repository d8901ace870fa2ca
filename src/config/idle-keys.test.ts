import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'hatchway-idle-'));
after(() => rmSync(folder, { recursive: true }));

/** `line:column key`, and the same with ` error` behind for what is one. */
function idleIn(yaml: string): string[] {
  const file = join(folder, 'hatchway.yaml');
  writeFileSync(file, /^console:/m.test(yaml) ? yaml : `${yaml}console: { enabled: false }\n`);
  const result = loadConfig({ file, dataFolder: '/data' });
  const told = [...(result.ok ? [] : result.problems), ...result.warnings];
  return told.map((one) => {
    const [, key = one.message] = /^`([^`]+)` has no effect: /.exec(one.message) ?? [];
    const kind = result.warnings.includes(one) ? '' : ' error';
    return `${one.line}:${one.column} ${key}${kind}`;
  });
}

const app = 'to: http://a';
const zones = 'limits: { zones: { z: { perSecond: 1 }, c: {} } }\n';

describe('a key that has no effect is told with its place', () => {
  for (const [name, yaml, expected] of [
    [
      'beside an answer',
      `${zones}sites:\n  - answer: 200\n    limits: { requests: [{ zone: z }], connections: [{ zone: c, most: 1 }] }\n    timeouts: { read: 1s }\n    maxBody: 1MiB\n`,
      ['4:15 limits.requests', '4:40 limits.connections', '5:5 timeouts', '6:5 maxBody'],
    ],
    [
      'beside a redirect, on a route',
      `sites:\n  - ${app}\n    routes:\n      - path: /old\n        redirect: /new\n        sent: { method: GET }\n        headers: { request: { remove: [X-A] }, response: { remove: [X-B], add: { X-C: "1" } } }\n`,
      ['6:9 sent', '7:20 headers.request', '7:60 headers.response.remove'],
    ],
    [
      'that would ask for passwords, which is an error',
      `sites:\n  - answer: hello\n    routes: [{ path: /a, auth: { deny: 10.0.0.1 } }]\n`,
      ['3:26 auth error'],
    ],
    [
      'where only files are served',
      `sites:\n  - files: /srv\n    maxBody: 1MiB\n    balance: ip_hash\n`,
      ['4:5 balance'],
    ],
    [
      'where there is no target at all',
      `sites:\n  - routes: [{ path: /a/, timeouts: { read: 1s }, routes: [{ path: /a/b, ${app} }] }, { path: /, ${app} }]\n`,
      ['2:27 timeouts'],
    ],
    [
      'of a site all of whose requests go elsewhere',
      `sites:\n  - ${app}\n    retry: { tries: 3 }\n    routes: [{ path: /, to: http://b, retry: { tries: 2 } }]\n`,
      ['2:5 to', '3:5 retry'],
    ],
    [
      'that another key of the same mapping makes idle',
      `sites:
  - ${app}
    allowedOrigins: https://b
    interceptErrors: true
    auth: { deny: 10.0.0.1, satisfy: any }
    sticky: { route: $arg_a, secure: true }
    health: { kind: tcp, status: 200 }
    keepAlive: { connections: 0, idle: 1s }
    tunnel: { idle: 1h }
    upgrade: []
    routes:
      - { path: /a, addSlash: true, answer: { status: 204, body: a, type: text/html } }
      - { path: "@b", internal: true, to: https://b, upstreamTls: { verify: false, ca: CA } }
`,
      [
        ...['3:5 allowedOrigins', '4:5 interceptErrors', '5:29 satisfy', '6:30 secure'],
        ...['7:26 status', '8:34 idle', '9:5 tunnel', '12:21 addSlash'],
        ...['12:60 body', '12:69 type', '13:23 internal', '13:84 ca'],
      ],
    ],
    [
      'on an address that cannot do it',
      `sites:\n  - { listen: { address: 1, http2: true, ipv6Only: true }, ${app} }\n  - { host: b, listen: 1, ${app}, limits: { headSize: 1KiB, bodyTimeout: 1s } }\n`,
      ['2:29 http2', '2:42 ipv6Only', '3:51 headSize'],
    ],
    [
      'in the file',
      `listen: 1\npublicUrl: https://c\nconsole: { enabled: false, host: c }\n${zones}upstreams: { bakend: { servers: a:1 } }\nsites: [{ listen: 2, to: http://backend, headers: { request: { inherit: false } } }]\n`,
      [
        ...['1:1 listen', '2:1 publicUrl', '3:28 host', '4:20 z', '4:41 c', '5:14 bakend'],
        '6:64 inherit',
      ],
    ],
  ] as const) {
    test(name, () => {
      const ca = join(folder, 'ca.pem');
      assert.deepEqual(idleIn(yaml.replace('ca: CA', `ca: ${ca}`)).filter(isIdle), expected);
    });
  }
});

/** A file that is not there is told besides. */
function isIdle(told: string): boolean {
  return !told.includes('cannot be read');
}

describe('a key is not told that counts', () => {
  for (const [name, yaml] of [
    [
      'on one of the routes',
      `${zones}sites:\n  - redirect: https://b\n    timeouts: { read: 1s }\n    allowedOrigins: https://b\n    auth: { deny: 10.0.0.1 }\n    limits: { requests: [{ zone: z }], connections: [{ zone: c, most: 1 }] }\n    routes: [{ path: /a, ${app}, origin: upstream }]\n`,
    ],
    [
      'for the routes inside',
      `sites:\n  - answer: 404\n    sent: { method: GET }\n    routes: [{ path: /a/, answer: 403, routes: [{ path: /a/b, ${app} }] }]\n`,
    ],
    [
      'for a target that is computed',
      `upstreams: { a: { servers: b:1 } }\nsites: [{ to: http://$arg_a }]\n`,
    ],
  ] as const) {
    test(name, () => assert.deepEqual(idleIn(yaml), []));
  }

  test('where it is not known yet where requests go', () => {
    const yaml = 'sites: [{ too: http://a, answer: hello, timeouts: { read: 1s } }]\n';
    assert.deepEqual(idleIn(yaml), ['1:11 unknown key `too`; did you mean `to`? error']);
  });
});
