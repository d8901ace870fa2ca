// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../include.ts';
import { buildModel, locationsIn } from '../model.ts';
import type { ProxyTarget } from './proxy-target.ts';

function targetOf(url: string): Omit<ProxyTarget, 'setting' | 'url'> {
  const { servers, problems } = buildModel(
    loadText(`server { set $up a; location / { proxy_pass ${url}; } }`, 'f'),
  );
  assert.deepEqual(problems, []);
  const [location] = [...locationsIn(servers[0] as NonNullable<(typeof servers)[0]>)];
  assert.ok(location?.target !== undefined);
  const { setting, url: _, ...rest } = location.target;
  assert.equal(setting.directive.name, 'proxy_pass');
  return rest;
}

const none = { isTemplate: false, hasPort: false, uri: undefined } as const;

const targets: readonly [url: string, target: Omit<ProxyTarget, 'setting' | 'url'>][] = [
  ['http://a', { ...none, scheme: 'http', authority: 'a', host: 'a', port: 80 }],
  ['HTTPS://a', { ...none, scheme: 'https', authority: 'a', host: 'a', port: 443 }],
  [
    'http://a:81',
    { ...none, scheme: 'http', authority: 'a:81', host: 'a', port: 81, hasPort: true },
  ],
  ['http://a/', { ...none, scheme: 'http', authority: 'a', host: 'a', port: 80, uri: '/' }],
  [
    'https://[::1]:9443/x?y',
    {
      ...none,
      scheme: 'https',
      authority: '[::1]:9443',
      host: '[::1]',
      port: 9443,
      hasPort: true,
      uri: '/x?y',
    },
  ],
  [
    'http://unix:/run/a.sock',
    { ...none, scheme: 'http', authority: '/run/a.sock', host: undefined, port: undefined },
  ],
  [
    'http://unix:/run/a.sock:/x/',
    {
      ...none,
      scheme: 'http',
      authority: '/run/a.sock',
      host: undefined,
      port: undefined,
      uri: '/x/',
    },
  ],
  [
    'http://$up:81',
    {
      ...none,
      isTemplate: true,
      scheme: 'http',
      authority: '$up:81',
      host: '$up',
      port: 81,
      hasPort: true,
    },
  ],
  [
    'http://$up/x$uri',
    {
      ...none,
      isTemplate: true,
      scheme: 'http',
      authority: '$up',
      host: '$up',
      port: 80,
      uri: '/x$uri',
    },
  ],
  [
    '$scheme://a',
    {
      ...none,
      isTemplate: true,
      scheme: undefined,
      authority: 'a',
      host: 'a',
      port: undefined,
    },
  ],
  [
    '$up',
    {
      ...none,
      isTemplate: true,
      scheme: undefined,
      authority: '$up',
      host: '$up',
      port: undefined,
    },
  ],
];

for (const [url, target] of targets) {
  test(`proxy_pass ${url} is taken apart`, () => {
    assert.deepEqual(targetOf(url), target);
  });
}
