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

test('of the networks that have an address the smallest one decides, and the last of two that are the same', () => {
  const network = (text: string, value: string) =>
    ({ kind: 'network', network: text, value: [value] }) as const;
  const geo: MapModel = {
    variable: 'place',
    source: [{ variable: 'arg_from' }],
    entries: [
      network('10.0.0.0/8', 'ten'),
      network('10.1.0.0/16', 'office'),
      network('10.1.2.3', 'printer'),
      network('10.1.0.0/16', 'new office'),
      network('2001:db8::/32', 'six'),
      network('2001:db8::1', 'one'),
      network('::ffff:192.0.2.0/120', 'mapped'),
    ],
    fallback: ['elsewhere'],
  };
  const placeOf = (from: string) =>
    requestState(`GET /?from=${from} HTTP/1.1\r\nHost: a\r\n\r\n`, { maps: [geo] }).variable(
      'place',
    );
  const places: Readonly<Record<string, string>> = {
    '10.2.3.4': 'ten',
    '10.1.2.4': 'new office',
    '10.1.2.3': 'printer',
    '::ffff:10.1.2.3': 'printer',
    '2001:db8::2': 'six',
    '2001:db8::1': 'one',
    '192.0.2.9': 'mapped',
    '192.0.3.9': 'elsewhere',
    'unix:': 'elsewhere',
    nothing: 'elsewhere',
    '': 'elsewhere',
  };
  for (const [from, place] of Object.entries(places)) assert.equal(placeOf(from), place, from);
});

test('shares of all values are as large as they say, whatever the values are', () => {
  const shares: MapModel = {
    variable: 'variant',
    source: [{ variable: 'http_x_user' }],
    entries: [
      { kind: 'share', below: 2500, value: ['quarter'] },
      { kind: 'share', below: 3500, value: ['tenth'] },
    ],
    fallback: ['rest'],
  };
  const counts = new Map<string, number>();
  for (let user = 0; user < 4000; user++) {
    const head = `GET / HTTP/1.1\r\nHost: a\r\nX-User: user-${user}\r\n\r\n`;
    const variant = requestState(head, { maps: [shares] }).variable('variant') ?? '';
    counts.set(variant, (counts.get(variant) ?? 0) + 1);
  }
  const isNear = (name: string, expected: number) =>
    assert.ok(Math.abs((counts.get(name) ?? 0) / 4000 - expected) < 0.03, name);
  isNear('quarter', 0.25);
  isNear('tenth', 0.1);
  isNear('rest', 0.65);
});
