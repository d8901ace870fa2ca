import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MapModel } from '../config/model.ts';
import { requestState } from './testing/request-kit.ts';

const upgrade: MapModel = {
  variable: 'connection_upgrade',
  source: [{ variable: 'http_upgrade' }],
  entries: [{ kind: 'exact', key: '', value: ['close'] }],
  fallback: ['upgrade'],
};

const byHost: MapModel = {
  variable: 'tenant',
  source: [{ variable: 'host' }],
  entries: [
    { kind: 'regex', regex: /^(?<name>\w+)\.regex\.example$/, value: [{ variable: 'name' }, '!'] },
    { kind: 'trailing-wildcard', prefix: 'www.', value: ['trailing'] },
    { kind: 'leading-wildcard', suffix: '.example', value: ['leading'] },
    { kind: 'leading-wildcard', suffix: '.long.example', value: ['longer'] },
    { kind: 'exact', key: 'a.example', value: ['exact of ', { variable: 'scheme' }] },
  ],
};

function mapped(name: string, host: string, more = ''): string | undefined {
  return requestState(`GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`, {
    maps: [upgrade, byHost],
  }).variable(name);
}

test('a map gives the value of its entry, else its default', () => {
  assert.equal(mapped('connection_upgrade', 'a'), 'close');
  assert.equal(mapped('connection_upgrade', 'a', 'Upgrade: websocket\r\n'), 'upgrade');
});

test('entries are looked at in the order in which nginx looks at names', () => {
  assert.equal(mapped('tenant', 'A.example'), 'exact of https');
  assert.equal(mapped('tenant', 'b.example'), 'leading');
  assert.equal(mapped('tenant', 'x.long.example'), 'longer');
  assert.equal(mapped('tenant', 'www.other'), 'trailing');
  assert.equal(mapped('tenant', 'other'), '');
});

test('a regex is asked when nothing else fits, and its captures are in the value', () => {
  const only = { ...byHost, entries: byHost.entries.slice(0, 1) };
  const request = requestState('GET / HTTP/1.1\r\nHost: ada.regex.example\r\n\r\n', {
    maps: [only],
  });
  assert.equal(request.variable('tenant'), 'ada!');
});
