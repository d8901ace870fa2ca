import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HostPattern } from '../config/model.ts';
import { type Hosted, hostOf, Sites } from './sites.ts';

type Named = Hosted & { readonly name: string };

function site(name: string, ...hosts: string[]): Named {
  return { name, hosts: hosts.map(pattern) };
}

function pattern(text: string): HostPattern {
  if (text.startsWith('~')) return { kind: 'regex', regex: new RegExp(text.slice(1), 'i') };
  if (text.startsWith('*')) return { kind: 'leading-wildcard', suffix: text.slice(1) };
  if (text.endsWith('*')) return { kind: 'trailing-wildcard', prefix: text.slice(0, -1) };
  return { kind: 'exact', host: text };
}

const fallback = site('fallback');

test('sites are chosen in the order of nginx, whatever their order in the file', () => {
  const sites = new Sites(
    [
      site('regex', '~^.*\\.example\\.(com|org)$'),
      site('trailing', 'www.*', 'www.example.*'),
      site('short-leading', '*.com'),
      site('leading', '*.example.com'),
      site('exact', 'www.example.com'),
      site('late-regex', '~.*'),
    ],
    fallback,
  );
  const cases: [host: string, expected: string][] = [
    ['www.example.com', 'exact'],
    ['a.example.com', 'leading'],
    ['a.b.example.com', 'leading'],
    ['example.com', 'short-leading'],
    ['www.example.org', 'trailing'],
    ['www.other.net', 'trailing'],
    ['a.example.org', 'regex'],
    ['com', 'late-regex'],
    ['', 'late-regex'],
  ];
  for (const [host, expected] of cases) assert.equal(sites.find(host).name, expected, host);
});

test('the longest trailing wildcard wins over a shorter one', () => {
  const sites = new Sites([site('short', 'mail.*'), site('long', 'mail.example.*')], fallback);
  assert.equal(sites.find('mail.example.net').name, 'long');
  assert.equal(sites.find('mail.elsewhere.net').name, 'short');
  assert.equal(sites.find('mail').name, 'fallback');
  assert.equal(sites.find('mail.').name, 'fallback');
});

test('a wildcard stands for at least one label and ends at a dot', () => {
  const sites = new Sites([site('leading', '*.example.com')], fallback);
  assert.equal(sites.find('example.com').name, 'fallback');
  assert.equal(sites.find('.example.com').name, 'fallback');
  assert.equal(sites.find('badexample.com').name, 'fallback');
});

test('of two sites with one name the first has it', () => {
  const sites = new Sites([site('first', 'a.example'), site('second', 'a.example')], fallback);
  assert.equal(sites.find('a.example').name, 'first');
});

test('an empty host matches only a site that names the empty host', () => {
  assert.equal(new Sites([site('named', 'a.example')], fallback).find('').name, 'fallback');
  assert.equal(new Sites([site('empty', '')], fallback).find('').name, 'empty');
});

test('a host is matched in lower case, without port and one trailing dot', () => {
  const cases: [field: string, host: string][] = [
    ['Example.COM', 'example.com'],
    ['example.com:8080', 'example.com'],
    ['example.com.', 'example.com'],
    ['example.com.:443', 'example.com'],
    ['example.com..', 'example.com.'],
    ['[::1]:8022', '[::1]'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['127.0.0.1:1', '127.0.0.1'],
    ['', ''],
  ];
  for (const [field, host] of cases) assert.equal(hostOf(field), host, field);
});

test('the maps agree with trying every pattern one by one', () => {
  const label = fc.constantFrom('a', 'b', 'www', 'example', 'com');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const text = fc.oneof(
    name,
    name.map((rest) => `*.${rest}`),
    name.map((rest) => `${rest}.*`),
    name.map((rest) => `~^${rest}`),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), name, (texts, host) => {
      const all = texts.map((one, index) => site(`${index} ${one}`, one));
      assert.equal(new Sites(all, fallback).find(host), slowFind(all, host));
    }),
    { numRuns: 500 },
  );
});

function slowFind(sites: Named[], host: string): Named {
  let best = fallback;
  let bestRank = [0, 0];
  for (const candidate of sites) {
    for (const one of candidate.hosts) {
      const rank = rankOf(one, host);
      const better =
        rank[0] > (bestRank[0] ?? 0) || (rank[0] === bestRank[0] && rank[1] > (bestRank[1] ?? 0));
      if (rank[0] > 0 && better) {
        best = candidate;
        bestRank = rank;
      }
    }
  }
  return best;
}

function rankOf(one: HostPattern, host: string): [kind: number, length: number] {
  switch (one.kind) {
    case 'exact':
      return [host === one.host ? 4 : 0, 0];
    case 'leading-wildcard':
      return [
        host.endsWith(one.suffix) && host.length > one.suffix.length ? 3 : 0,
        one.suffix.length,
      ];
    case 'trailing-wildcard':
      return [
        host.startsWith(one.prefix) && host.length > one.prefix.length ? 2 : 0,
        one.prefix.length,
      ];
    case 'regex':
      return [one.regex.test(host) ? 1 : 0, 0];
  }
}
