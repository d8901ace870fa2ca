import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, isSecretParameter, redactUrl } from './log.ts';

test('secret query parameters and passwords of a URL are replaced, and nothing else is touched', () => {
  const cases = [
    ['/?token=abc', '/?token=REDACTED'],
    ['/a?x=1&token=abc&y=2', '/a?x=1&token=REDACTED&y=2'],
    ['https://h/ws?Token=abc#f', 'https://h/ws?Token=REDACTED#f'],
    ['/a?api_key=1&access_token=2', '/a?api_key=REDACTED&access_token=REDACTED'],
    ['/token=abc', '/token=abc'],
    ['/a?tokens=abc', '/a?tokens=abc'],
    ['/a?token', '/a?token'],
    ['/v1/job?ott=abc&id_token=d', '/v1/job?ott=REDACTED&id_token=REDACTED'],
    ['/?X-Nomad-Token=a&private_token=b', '/?X-Nomad-Token=REDACTED&private_token=REDACTED'],
    [
      '/?authSig=a&tkn=b&pass=c&sig=d',
      '/?authSig=REDACTED&tkn=REDACTED&pass=REDACTED&sig=REDACTED',
    ],
    ['/?compass=north&design=1&passage=2', '/?compass=north&design=1&passage=2'],
    ['https://ann:pw@h:1/a@b', 'https://REDACTED@h:1/a@b'],
    ['GET http://ann@h/ HTTP/1.1', 'GET http://REDACTED@h/ HTTP/1.1'],
    ['/@scope/package?to=a@b', '/@scope/package?to=a@b'],
    ['https://h/a@b', 'https://h/a@b'],
  ] as const;
  for (const [target, expected] of cases) assert.equal(redactUrl(target), expected);
});

test('a long query is redacted in time that grows with its length', () => {
  const long = `/?${'?&_-'.repeat(100_000)}`;
  const start = performance.now();
  assert.equal(redactUrl(`${long}&token=a`), `${long}&token=REDACTED`);
  assert.ok(performance.now() - start < 1000);
});

test('a name alone is known as that of a secret', () => {
  assert.ok(isSecretParameter('jwt') && isSecretParameter('Refresh_Token'));
  assert.ok(!isSecretParameter('to') && !isSecretParameter('tokens'));
});

test('a log line is one line of JSON with level, time, facts and message', () => {
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line: string) => lines.push(line) } });
  log.warn({ site: 'a\nb' }, 'certificate expires soon');
  log.debug({}, 'not at this level');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^[^\n]+\n$/);
  const { level, time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.equal(level, 40);
  assert.match(time, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(rest, { site: 'a\nb', msg: 'certificate expires soon' });
});
