// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseTemplate, type TemplatePart, variablesIn } from './template.ts';
import { insideFolder, NginxFolder } from './testing/real-nginx.ts';
import { builtInVariables, isBuiltIn, variablePrefixes } from './variables.ts';

const text = (value: string): TemplatePart => ({ kind: 'text', text: value });
const variable = (name: string, offset: number): TemplatePart => ({
  kind: 'variable',
  name,
  offset,
});

const templates: readonly [text: string, parts: readonly TemplatePart[]][] = [
  ['', []],
  ['plain', [text('plain')]],
  ['$uri', [variable('uri', 0)]],
  ['a$uri-b', [text('a'), variable('uri', 1), text('-b')]],
  ['${scheme}://${Host}x', [variable('scheme', 0), text('://'), variable('host', 12), text('x')]],
  [
    '$1/$2',
    [
      { kind: 'capture', number: 1, offset: 0 },
      text('/'),
      { kind: 'capture', number: 2, offset: 3 },
    ],
  ],
  ['$12', [{ kind: 'capture', number: 1, offset: 0 }, text('2')]],
  ['${12}', [variable('12', 0)]],
  ['$0', [variable('0', 0)]],
  ['$arg_a$arg_b', [variable('arg_a', 0), variable('arg_b', 6)]],
  ['}{', [text('}{')]],
];

for (const [source, parts] of templates) {
  test(`${JSON.stringify(source)} has its parts`, () => {
    assert.deepEqual(parseTemplate(source), { ok: true, parts });
  });
}

const broken: readonly [text: string, offset: number, reason: RegExp][] = [
  ['a$', 1, /without the name/],
  ['$ uri', 0, /without the name/],
  ['$-', 0, /without the name/],
  ['x${uri', 1, /closing } of the variable "uri"/],
  ['${uri-x}', 0, /closing } of the variable "uri"/],
  ['${}', 0, /without the name/],
];

for (const [source, offset, reason] of broken) {
  test(`${JSON.stringify(source)} is broken at ${offset}`, () => {
    const result = parseTemplate(source);
    assert.ok(!result.ok);
    assert.equal(result.offset, offset);
    assert.match(result.reason, reason);
    assert.deepEqual(variablesIn(source), []);
  });
}

const folder = new NginxFolder();
after(() => folder.remove());

function isTakenByNginx(value: string): boolean {
  folder.write(
    'nginx.conf',
    `error_log stderr; pid nginx.pid; events { } http { ${insideFolder}
     server { location ~ "(.)(.)" { set $x "${value}"; } } }`,
  );
  return folder.test('nginx.conf').isAccepted;
}

test('nginx takes the templates that are taken here, and no other', () => {
  for (const [source] of broken) assert.equal(isTakenByNginx(source), false, source);
  for (const [source, parts] of templates) {
    const isKnown = parts.every((part) => part.kind !== 'variable' || isBuiltIn(part.name));
    assert.equal(isTakenByNginx(source), isKnown, source);
  }
});

/** Since the version that Debian 12 has. */
const newer = new Set([
  'http3',
  'is_request_port',
  'request_port',
  'ssl_client_sigalg',
  'ssl_ech_outer_server_name',
  'ssl_ech_status',
  'ssl_sigalg',
  'ssl_sigalgs',
  'upstream_cache_key',
  'upstream_last_addr',
  'upstream_sticky_status',
]);

test('nginx knows the variables that are known here', () => {
  const names = [...builtInVariables].filter((name) => !newer.has(name));
  assert.equal(names.length, builtInVariables.size - newer.size);
  const prefixed = variablePrefixes
    .filter((prefix) => prefix !== 'proxy_protocol_tlv_')
    .map((prefix) => `${prefix}x`);
  // In one configuration, since all of them must be taken.
  const value = [...names, ...prefixed].map((name) => `\${${name}}`);
  const half = value.length / 2;
  assert.ok(isTakenByNginx(value.slice(0, half).join('')));
  assert.ok(isTakenByNginx(value.slice(half).join('')));
});

test('names are compared without regard to case', () => {
  assert.ok(isBuiltIn('HTTP_Upgrade'));
  assert.ok(isBuiltIn('Host'));
  assert.ok(!isBuiltIn('connection_upgrade'));
  assert.ok(!isBuiltIn('http'));
});
