import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DirectiveSpec } from './directives/spec.ts';
import {
  allDirectives,
  defaultOf,
  insideOf,
  isIn,
  nearestDirective,
  otherModuleOf,
  specIn,
  specsOf,
} from './directives.ts';
import { type BinaryCommand, readCommands } from './testing/nginx-binary.ts';
import { compareVersions, versionIn } from './version.ts';

const commands = readCommands();

/** nginx has two commands of one name when it is two things, and so have the tables: the one of the same contexts. */
function specOf(command: BinaryCommand): DirectiveSpec | undefined {
  const [context] = command.contexts;
  return context === undefined ? undefined : specIn(command.name, context);
}

test('the tables have every directive of the installed nginx, in the same places with the same arguments', () => {
  assert.ok(commands.length > 500, `only ${commands.length} commands found`);
  for (const command of commands) {
    if (command.name === 'include') continue;
    const spec = specOf(command);
    assert.ok(spec !== undefined, `${command.name} is missing`);
    const contexts = commands
      .filter((other) => other.name === command.name && specOf(other) === spec)
      .flatMap((other) => other.contexts);
    assert.deepEqual(
      {
        contexts: spec.contexts.toSorted(),
        minArgs: spec.minArgs,
        // More may be allowed by a newer version.
        maxArgs: spec.name === 'keepalive' ? 1 : spec.maxArgs,
        hasBlock: spec.hasBlock,
      },
      {
        contexts: contexts.toSorted(),
        minArgs: command.minArgs,
        maxArgs: command.maxArgs,
        hasBlock: command.hasBlock,
      },
      command.name,
    );
  }
});

/** What the setters that nginx exports do with the argument, and with a second directive. */
const setters: Readonly<Record<string, { value?: string; repeat: 'error' | 'add' }>> = {
  ngx_conf_set_flag_slot: { value: 'flag', repeat: 'error' },
  ngx_conf_set_msec_slot: { value: 'time', repeat: 'error' },
  ngx_conf_set_sec_slot: { value: 'seconds', repeat: 'error' },
  ngx_conf_set_size_slot: { value: 'size', repeat: 'error' },
  ngx_conf_set_off_slot: { value: 'offset', repeat: 'error' },
  ngx_conf_set_num_slot: { value: 'number', repeat: 'error' },
  ngx_conf_set_bufs_slot: { value: 'buffers', repeat: 'error' },
  ngx_conf_set_enum_slot: { value: 'choice', repeat: 'error' },
  ngx_conf_set_bitmask_slot: { value: 'set', repeat: 'add' },
  ngx_conf_set_str_slot: { value: 'text', repeat: 'error' },
  ngx_conf_set_str_array_slot: { value: 'text', repeat: 'add' },
  ngx_conf_set_keyval_slot: { value: 'text', repeat: 'add' },
  ngx_conf_set_path_slot: { value: 'text', repeat: 'error' },
  ngx_conf_set_access_slot: { value: 'text', repeat: 'error' },
  ngx_http_set_complex_value_slot: { value: 'text', repeat: 'error' },
  ngx_http_set_complex_value_zero_slot: { value: 'text', repeat: 'error' },
  ngx_http_set_complex_value_size_slot: { value: 'size-template', repeat: 'error' },
  ngx_http_set_predicate_slot: { value: 'text', repeat: 'add' },
  ngx_http_types_slot: { value: 'text', repeat: 'add' },
  ngx_http_upstream_bind_set_slot: { value: 'text', repeat: 'error' },
  ngx_http_upstream_param_set_slot: { value: 'text', repeat: 'add' },
  ngx_http_file_cache_set_slot: { value: 'text', repeat: 'add' },
  ngx_http_file_cache_valid_set_slot: { value: 'text', repeat: 'add' },
};

/** Where the installed nginx is older than the tables. */
const newerInTables: Readonly<Record<string, { value?: string; words?: readonly string[] }>> = {
  proxy_http_version: { words: ['2'] },
  proxy_limit_rate: { value: 'size-template' },
  fastcgi_limit_rate: { value: 'size-template' },
  uwsgi_limit_rate: { value: 'size-template' },
  scgi_limit_rate: { value: 'size-template' },
};

test('the tables know the kind of value, the words and the meaning of a second one as nginx does', () => {
  let compared = 0;
  for (const command of commands) {
    const setter = setters[command.setter ?? ''];
    const spec = specOf(command);
    if (setter === undefined || spec === undefined) continue;
    const newer = newerInTables[command.name] ?? {};
    compared++;
    assert.equal(spec.value.kind, newer.value ?? setter.value, command.name);
    assert.equal(spec.repeat, setter.repeat, command.name);
    const words = spec.value.kind === 'choice' || spec.value.kind === 'set' ? spec.value.words : [];
    const inBinary = [...command.words, ...(newer.words ?? [])];
    assert.deepEqual(words.toSorted(), inBinary.toSorted(), command.name);
  }
  assert.ok(compared > 400, `only ${compared} setters were known`);
});

test('no name stands twice for the same block, and every default fits its directive', () => {
  for (const spec of allDirectives) {
    for (const context of spec.contexts) {
      const specs = specsOf(spec.name).filter((other) => other.contexts.includes(context));
      assert.equal(specs.length, 1, `${spec.name} in ${context}`);
    }
    if (spec.value.kind === 'flag' && spec.defaultValue !== undefined) {
      assert.match(spec.defaultValue, /^(?:on|off)$/, spec.name);
    }
    if (spec.value.kind === 'choice' && spec.defaultValue !== undefined) {
      assert.ok(spec.value.words.includes(spec.defaultValue), spec.name);
    }
    if (spec.value.kind === 'set' && spec.defaultValue !== undefined) {
      const { words } = spec.value;
      for (const word of spec.defaultValue.split(' ')) assert.ok(words.includes(word), spec.name);
    }
  }
});

test('a name means what it means in its block', () => {
  assert.equal(specIn('server', 'http')?.hasBlock, true);
  assert.equal(specIn('server', 'upstream')?.hasBlock, false);
  assert.equal(specIn('keepalive_timeout', 'upstream')?.maxArgs, 1);
  assert.equal(specIn('keepalive_timeout', 'location')?.maxArgs, 2);
  assert.equal(specIn('proxy_pass', 'server'), undefined);
  assert.equal(insideOf('if', 'server'), 'server-if');
  assert.equal(insideOf('if', 'location'), 'location-if');
  assert.equal(insideOf('map', 'http'), 'data');
  assert.equal(insideOf('stream', 'main'), 'foreign');
});

test('the default of proxy_http_version is that of the version', () => {
  const [spec] = specsOf('proxy_http_version');
  assert.ok(spec !== undefined);
  assert.deepEqual(defaultOf(spec, '1.22.1'), { value: '1.0', since: undefined });
  assert.deepEqual(defaultOf(spec, '1.29.6'), { value: '1.0', since: undefined });
  assert.deepEqual(defaultOf(spec, '1.29.7'), { since: '1.29.7', value: '1.1' });
  assert.deepEqual(defaultOf(spec, undefined), { since: '1.29.7', value: '1.1' });
});

test('a directive is in the versions between its coming and its going', () => {
  const [http2] = specsOf('http2');
  const [ssl] = specsOf('ssl');
  assert.ok(http2 !== undefined && ssl !== undefined);
  assert.deepEqual([isIn(http2, '1.25.0'), isIn(http2, '1.25.1')], [false, true]);
  assert.deepEqual([isIn(ssl, '1.25.0'), isIn(ssl, '1.25.1')], [true, false]);
});

test('versions are compared as numbers and found in what nginx says of itself', () => {
  assert.ok(compareVersions('1.9.15', '1.29.7') < 0);
  assert.equal(compareVersions('1.29.7', '1.29.7'), 0);
  assert.equal(versionIn('nginx/1.22.1'), '1.22.1');
  assert.equal(versionIn('nginx version: openresty/1.25.3.1'), '1.25.3');
  assert.equal(versionIn('nginx'), undefined);
});

test('a mistyped name is told from one of another module', () => {
  assert.equal(nearestDirective('proxy_set_headers'), 'proxy_set_header');
  assert.equal(nearestDirective('porxy_pass'), 'proxy_pass');
  assert.equal(nearestDirective('\u{feff}server'), 'server');
  assert.equal(nearestDirective('frobnicate_the_thing'), undefined);
  assert.equal(otherModuleOf('content_by_lua_block'), 'the Lua module of OpenResty');
  assert.equal(otherModuleOf('health_check'), 'NGINX Plus');
  assert.equal(otherModuleOf('porxy_pass'), undefined);
  for (const spec of allDirectives) assert.equal(otherModuleOf(spec.name), undefined, spec.name);
});
