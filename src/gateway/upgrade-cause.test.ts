import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { http1Errors } from '../http1/errors.ts';
import { RequestHeadReader } from '../http1/head.ts';
import { gatewayErrors } from './errors.ts';
import { limits } from './testing/gateway-kit.ts';
import {
  explainFailedUpgrade,
  explainLostUpgrade,
  explainRefusedUpgrade,
  type RefusedUpgrade,
  type UpgradeCause,
  upgradeCauses,
} from './upgrade-cause.ts';

const docs = join(import.meta.dirname, '../../docs');

function lost(version: string, ...fields: string[]) {
  const text = `GET / HTTP/${version}\r\n${['Host: a', ...fields].join('\r\n')}\r\n\r\n`;
  const head = new RequestHeadReader(limits).push(Buffer.from(text));
  assert.ok(head);
  return (protocol?: string) => explainLostUpgrade(head, ['websocket'], protocol);
}

function refused(options: Partial<RefusedUpgrade> & { status: number }) {
  return explainRefusedUpgrade({ host: 'a', origin: 'https://a', ...options });
}

test('a lost upgrade names what a proxy in front has done, and the line that undoes it', () => {
  const cases: [
    found: ReturnType<typeof explainLostUpgrade>,
    cause: UpgradeCause,
    sentence: RegExp,
  ][] = [
    [lost('1.0', 'Connection: close')(), 'http-1-0', /HTTP\/1\.0.*proxy_http_version 1\.1/],
    [
      lost('1.1')(),
      'upgrade-dropped',
      /dropped the Upgrade field.*proxy_set_header Upgrade \$http_upgrade/,
    ],
    [
      lost('1.1', 'Upgrade: websocket', 'Connection: close')(),
      'connection-replaced',
      /is "close" instead of "upgrade".*proxy_set_header Connection "upgrade"/,
    ],
    [lost('1.1', 'Upgrade: websocket')(), 'connection-replaced', /is missing instead of "upgrade"/],
    [lost('1.1')('HTTP/2.0'), 'http2-in-front', /over HTTP\/2\.0 as an ordinary request/],
    [
      lost('1.1', 'Upgrade: h2c, websocket', 'Connection: Upgrade')(),
      'several-protocols',
      /h2c, websocket/,
    ],
    [
      lost('1.1', 'Upgrade: tcp', 'Connection: Upgrade')(),
      'protocol-not-allowed',
      /"upgrade: \[websocket, tcp\]" allows it/,
    ],
    [
      lost('1.1', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAA')(),
      'protocol-not-allowed',
      /^to h2c is never allowed/,
    ],
  ];
  for (const [found, cause, sentence] of cases) {
    assert.equal(found.cause, cause);
    assert.match(found.sentence, sentence);
  }
});

test('a refused upgrade names the likely cause of its status', () => {
  const cases: [status: number, cause: UpgradeCause, sentence: RegExp][] = [
    [200, 'ordinary-answer', /ordinary request/],
    [204, 'ordinary-answer', /ordinary request/],
    [302, 'redirected', /redirects/],
    [400, 'refused-400', /its own log says what/],
    [401, 'refused-401', /not signed in/],
    [403, 'refused-403', /does not allow/],
    [404, 'refused-404', /nothing at this path/],
    [405, 'refused-405', /takes no GET/],
    [426, 'refused-426', /another version/],
    [429, 'refused-429', /too often/],
    [500, 'refused-500', /its own log/],
    [502, 'refused-502', /what is behind it did not answer/],
    [503, 'refused-502', /what is behind it did not answer/],
    [504, 'refused-502', /what is behind it did not answer/],
    [418, 'refused-otherwise', /answered 418/],
  ];
  for (const [status, cause, words] of cases) {
    const found = refused({ status });
    assert.equal(found.cause, cause);
    assert.match(found.sentence, words);
    assert.match(found.sentence, new RegExp(`upstream answered ${status} `));
  }
});

test('an Origin that is not the Host is the first suspect of a 400 or 403', () => {
  const origin = 'https://shown.example';
  for (const status of [400, 403]) {
    const found = refused({ status, host: 'inner:9000', origin });
    assert.equal(found.cause, 'origin-is-not-host');
    assert.match(found.sentence, /Origin https:\/\/shown\.example is not the Host inner:9000/);
    for (const [host, sent] of [
      ['shown.example', origin],
      ['SHOWN.example', origin],
      ['inner', undefined],
      ['inner', 'null'],
    ] as const) {
      assert.notEqual(refused({ status, host, origin: sent }).cause, 'origin-is-not-host');
    }
  }
});

test('an upstream that wanted TLS is known by its words', () => {
  const bodies = [
    'Client sent an HTTP request to an HTTPS server.\n',
    '<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>',
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    gatewayErrors.HW_PLAIN_HTTP_TO_TLS.summary,
  ];
  for (const text of bodies) {
    const found = refused({ status: 400, origin: 'https://b', body: Buffer.from(text) });
    assert.equal(found.cause, 'plain-http-to-tls', text);
    assert.match(found.sentence, /https:\/\/ instead of http:\/\//);
  }
  assert.equal(refused({ status: 400, body: Buffer.from('no') }).cause, 'refused-400');
});

test('every error that can end an upgrade has a cause, and what is left has its code', () => {
  const cases: Partial<
    Record<keyof typeof gatewayErrors | keyof typeof http1Errors, UpgradeCause>
  > = {
    HW_WEBSOCKET_VERSION: 'websocket-version',
    HW_WEBSOCKET_REQUEST: 'bad-handshake',
    HW_FOREIGN_ORIGIN: 'foreign-origin',
    HW_FORBIDDEN: 'not-let-in',
    HW_UNAUTHORIZED: 'not-let-in',
    HW_SIGN_IN_ELSEWHERE: 'not-let-in',
    HW_RATE_LIMITED: 'limit-reached',
    HW_REQUESTS_LIMITED: 'limit-reached',
    HW_CONNECTIONS_LIMITED: 'limit-reached',
    HW_TOO_MANY_TUNNELS: 'limit-reached',
    HW_NO_ROUTE: 'no-route',
    HW_UPSTREAM_BAD_UPGRADE: 'bad-101',
    HW_UPSTREAM_TIMEOUT: 'no-answer-in-time',
    HW_UPSTREAM_CLOSED: 'closed-unanswered',
    HW_UPSTREAM_UNREACHABLE: 'upstream-unreachable',
    HW_UPSTREAM_CONNECT_TIMEOUT: 'upstream-unreachable',
    HW_UPSTREAM_TLS: 'upstream-tls',
    HW_HTTP_RESPONSE: 'not-http',
  };
  for (const [code, cause] of Object.entries(cases)) {
    assert.equal(explainFailedUpgrade(code).cause, cause, code);
  }
  const upstream = Object.keys(gatewayErrors).filter((code) => code.startsWith('HW_UPSTREAM_'));
  for (const code of upstream) {
    assert.notEqual(explainFailedUpgrade(code).cause, 'failed-otherwise', code);
  }
  assert.match(explainFailedUpgrade('HW_BODY_TOO_LARGE').sentence, /HW_BODY_TOO_LARGE/);
});

test('every cause has a section of its own on the page, and the page has no other', () => {
  const page = readFileSync(join(docs, 'websocket-failures.md'), 'utf8');
  const anchors = Array.from(page.matchAll(/^<a id="([^"]+)"><\/a>$/gm), ([, id]) => id);
  assert.deepEqual(anchors, [...upgradeCauses]);
  // An anchor stands above a heading, and under it there is something to read.
  for (const section of page.split(/^<a id="[^"]+"><\/a>$/m).slice(1)) {
    assert.match(section, /^\n+### .+\n\n\S/);
  }
});
