import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AccessLogTemplate } from '../config/model.ts';
import type { Template } from '../config/rule-model.ts';
import type { LoggedTunnelEnd } from './access-entry.ts';
import { combinedFormat } from './access-log-combined.ts';
import { jsonFormat } from './access-log-json.ts';
import { templateFormat } from './access-log-template.ts';
import { type LoggedRequestOptions, loggedRequest } from './testing/logged-request.ts';

const end: LoggedTunnelEnd = {
  bytesToClient: 30,
  bytesToUpstream: 20,
  endedBy: 'upstream',
  how: 'close-frame',
  closeCode: 1001,
};

const unread = {
  remoteAddress: '192.0.2.9',
  requestId: 'fedcba9876543210',
  status: 400,
  bodyBytesSent: 157,
  errorCode: 'HW_HTTP_HOST',
};

/** One character a byte, as fields have it. */
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) =>
  Buffer.from(array)
    .toString('latin1')
    .replace(/[\r\n]/g, ''),
);

function combined(options: LoggedRequestOptions): string {
  return combinedFormat.request(loggedRequest(options)).replace(/\[[^\]]*\]/, '[time]');
}

function json(options: LoggedRequestOptions): Record<string, unknown> {
  return JSON.parse(jsonFormat.request(loggedRequest(options)));
}

function templated(
  template: Template,
  options: LoggedRequestOptions = {},
  escaping: AccessLogTemplate['escape'] = 'default',
): string {
  return templateFormat({ template, escape: escaping }).request(loggedRequest(options));
}

test('combined is what nginx writes', () => {
  assert.match(
    combinedFormat.request(loggedRequest({ fields: { 'User-Agent': 'curl/8.5.0' } })),
    /^192\.0\.2\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/a\?b=c HTTP\/1\.1" 200 12 "-" "curl\/8\.5\.0"\n$/,
  );
  assert.equal(
    combined({
      user: 'ann',
      client: { protocol: 'HTTP/2.0' },
      fields: { Referer: 'https://x.example/', 'User-Agent': 'a"b\\c\td\x7f\xe9' },
    }),
    '192.0.2.1 - ann [time] "GET /a?b=c HTTP/2.0" 200 12 "https://x.example/" "a\\x22b\\x5Cc\\x09d\\x7F\\xE9"\n',
  );
});

test('combined has nothing for a field that is empty, a dash for one that is not there, and Basic’s user', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.match(combined({ fields: { Referer: '' } }), / "" "-"\n$/);
  assert.match(combined({ fields: { Authorization: basic('bob:pw') } }), /^192\.0\.2\.1 - bob \[/);
  assert.match(combined({ fields: { Authorization: basic(':pw') } }), /^192\.0\.2\.1 - - \[/);
});

test('a tunnel’s line in combined is that of its end', () => {
  const line = combinedFormat.tunnel(loggedRequest()).end(end, 5000);
  assert.match(line, /^192\.0\.2\.1 - - \[.*\] "GET \/a\?b=c HTTP\/1\.1" 101 30 "-" "-"\n$/);
});

test('what was no request has a line in every format', () => {
  assert.match(combinedFormat.unread(unread), /^192\.0\.2\.9 - - \[.*\] "-" 400 157 "-" "-"\n$/);
  const { time, ...rest } = JSON.parse(jsonFormat.unread(unread));
  assert.match(time, /Z$/);
  assert.deepEqual(rest, {
    event: 'bad-request',
    requestId: 'fedcba9876543210',
    client: '192.0.2.9',
    status: 400,
    bytesSent: 157,
    error: 'HW_HTTP_HOST',
  });
  const template: Template = [
    { variable: 'remote_addr' },
    ' ',
    { variable: 'status' },
    ' ',
    { variable: 'host' },
  ];
  assert.equal(templateFormat({ template }).unread(unread), '192.0.2.9 400 -\n');
});

test('JSON has the same keys in the same order, whatever is known', () => {
  const startedAt = Date.now() - 1500;
  const full = json({
    startedAt,
    user: 'ann',
    fields: { Referer: 'https://x.example/', 'User-Agent': 'curl/8.5.0' },
    client: {
      tls: {
        getProtocol: () => 'TLSv1.3',
        getCipher: () => ({ name: 'C', standardName: 'C', version: '' }),
      },
    },
    answer: {
      status: 502,
      bytesReceived: 7,
      upstreamAddress: '127.0.0.1:9000',
      upstreamStatus: 200,
      upstreamMs: 3.6,
      errorCode: 'HW_UPSTREAM_CLOSED',
    },
  });
  const empty = json({});
  assert.deepEqual(Object.keys(full), Object.keys(empty));
  const { time, durationMs, ...rest } = full;
  assert.ok(Math.abs(Date.parse(time as string) - Date.now()) < 5000);
  assert.match(time as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok((durationMs as number) >= 1500);
  assert.deepEqual(rest, {
    event: 'request',
    requestId: '0123456789abcdef',
    client: '192.0.2.1',
    user: 'ann',
    site: 'a.example',
    host: 'a.example',
    method: 'GET',
    target: '/a?b=c',
    protocol: 'HTTP/1.1',
    status: 502,
    bytesSent: 12,
    bytesReceived: 7,
    upstream: '127.0.0.1:9000',
    upstreamStatus: 200,
    upstreamMs: 4,
    referer: 'https://x.example/',
    userAgent: 'curl/8.5.0',
    tls: 'TLSv1.3',
    cipher: 'C',
    error: 'HW_UPSTREAM_CLOSED',
  });
  assert.equal(empty.upstream, null);
  assert.equal(empty.error, null);
});

test('JSON tells a tunnel twice: when it opens, and who ended it, how, and what went each way', () => {
  const request = loggedRequest({ startedAt: Date.now() - 100 });
  const opening = JSON.parse(jsonFormat.tunnelOpening(request));
  assert.equal(opening.event, 'tunnel-open');
  assert.equal(opening.status, 101);
  const line = JSON.parse(jsonFormat.tunnel(request).end(end, 61_000));
  assert.deepEqual(Object.keys(line).slice(0, -3), Object.keys(opening));
  const { event, requestId, bytesSent, bytesReceived, durationMs, endedBy, how, closeCode } = line;
  assert.deepEqual(
    { event, requestId, bytesSent, bytesReceived, durationMs, endedBy, how, closeCode },
    {
      event: 'tunnel-end',
      requestId: opening.requestId,
      bytesSent: 30,
      bytesReceived: 20,
      durationMs: 61_000,
      endedBy: 'upstream',
      how: 'close-frame',
      closeCode: 1001,
    },
  );
});

test('the page about the access log explains the keys of JSON in their order', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/observing.md'), 'utf8');
  const [, table = ''] = page.split('### json');
  const rows = Array.from(table.split('### ', 1)[0]?.matchAll(/^\| (`.*?) \|/gm) ?? []);
  const keys = rows.flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '));
  assert.deepEqual(keys, Object.keys(json({})));
});

test('any bytes of a client make one line of JSON in ASCII, and UTF-8 among them is read', () => {
  fc.assert(
    fc.property(bytes, bytes, (target, userAgent) => {
      const line = jsonFormat.request(
        loggedRequest({ target: `/${target}`, fields: { 'User-Agent': userAgent } }),
      );
      assert.match(line, /^[ -~]+\n$/);
      assert.equal(JSON.parse(line).userAgent, Buffer.from(userAgent, 'latin1').toString('utf8'));
    }),
  );
});

test('any bytes of a client stay inside their field of a combined line', () => {
  fc.assert(
    fc.property(bytes, (userAgent) => {
      const line = combinedFormat.request(loggedRequest({ fields: { 'User-Agent': userAgent } }));
      assert.match(line, /^[ -~]+ "-" "[^"]*"\n$/);
      const written = line.slice(line.indexOf('"-" "') + 5, -2);
      const read = written.replace(/\\x(..)/g, (_all, hex) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      assert.equal(read, userAgent);
    }),
  );
});

test('a template escapes as nginx does, and has its own nothing', () => {
  const template: Template = ['[', { variable: 'x' }, ']-[', { variable: 'gone' }, '] é'];
  const options = { variables: { x: 'a"b\\c\td\xe9\x01' } };
  const bytesOfText = Buffer.from('é').toString('latin1');
  assert.equal(
    templated(template, options),
    `[a\\x22b\\x5Cc\\x09d\\xE9\\x01]-[-] ${bytesOfText}\n`,
  );
  assert.equal(
    templated(template, options, 'json'),
    `[a\\"b\\\\c\\td\xe9\\u0001]-[] ${bytesOfText}\n`,
  );
  assert.equal(templated(template, options, 'none'), `[a"b\\c\td\xe9\x01]-[] ${bytesOfText}\n`);
});

test('a template’s line of a tunnel has the bytes, times and status of its end, and the rest of its start', () => {
  const variables: Record<string, string> = { request: 'GET / HTTP/1.1' };
  const template: Template = [
    'status',
    'body_bytes_sent',
    'upstream_bytes_sent',
    'request_time',
    'request',
  ].flatMap((variable) => [{ variable }, ' ']);
  const tunnel = templateFormat({ template }).tunnel(loggedRequest({ variables }));
  variables.request = 'later';
  assert.equal(tunnel.end(end, 61_500), '101 30 20 61.500 GET / HTTP/1.1 \n');
});

test('what gives access reaches no line, in whatever format and variable', () => {
  const secret = 's3cret';
  const options: LoggedRequestOptions = {
    target: `/?a=1&token=${secret}`,
    fields: {
      Referer: `https://ann:${secret}@h/?token=${secret}`,
      Cookie: `id=${secret}`,
      Authorization: `Bearer ${secret}`,
      Origin: 'https://a.example',
    },
    variables: {
      request: `GET /?token=${secret} HTTP/1.1`,
      request_uri: `/?token=${secret}`,
      args: `token=${secret}&b=1`,
      http_referer: `https://ann:${secret}@h/`,
      http_authorization: `Bearer ${secret}`,
      http_cookie: `id=${secret}`,
      http_x_nomad_token: secret,
      http_sec_websocket_protocol: secret,
      cookie_id: secret,
      arg_token: secret,
      arg_jwt: secret,
      arg_private_token: secret,
      sent_http_set_cookie: `id=${secret}`,
      sent_http_location: `/x?access_token=${secret}`,
      upstream_cookie_id: secret,
    },
  };
  const request = loggedRequest(options);
  const template: Template = Object.keys(options.variables ?? {}).flatMap((variable) => [
    { variable },
    ' ',
  ]);
  for (const format of [combinedFormat, jsonFormat, templateFormat({ template })]) {
    const lines = [
      format.request(request),
      format.tunnelOpening(request),
      format.tunnel(request).end(end, 1),
    ];
    assert.ok(!lines.join('').includes(secret), lines.join(''));
  }
  assert.ok(combined(options).includes('"GET /?a=1&token=REDACTED HTTP/1.1"'));
  assert.match(templated([{ variable: 'args' }], options), /^token=REDACTED&b=1\n$/);
});
