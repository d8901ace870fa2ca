/**
 * All directives Hatchway knows of nginx, by name.
 *
 * The tables in `directives/` hold those of nginx's own HTTP modules, up to 1.31.6. What belongs to other modules is known by
 * its prefix only, so that it is told from a typing error.
 */

import { nearest } from '../base/nearest.ts';
import { accessDirectives } from './directives/access.ts';
import { contentDirectives } from './directives/content.ts';
import { coreDirectives } from './directives/core.ts';
import { proxyingDirectives } from './directives/proxying.ts';
import type { Context, DirectiveSpec } from './directives/spec.ts';
import { tlsDirectives } from './directives/tls.ts';
import { upstreamDirectives } from './directives/upstream.ts';
import { compareVersions } from './version.ts';

/** What a block is inside: a context, data in the block's own notation, or another world of nginx (`stream`, `mail`). */
export type BlockKind = Context | 'data' | 'foreign';

export const allDirectives: readonly DirectiveSpec[] = [
  ...coreDirectives,
  ...tlsDirectives,
  ...accessDirectives,
  ...upstreamDirectives,
  ...proxyingDirectives,
  ...contentDirectives,
];

const byName = Map.groupBy(allDirectives, (spec) => spec.name);
const byGroup = Map.groupBy(allDirectives, (spec) => spec.group);

/** Modules that stock nginx lacks, by what their directives begin or end with. */
const otherModules: readonly (readonly [names: RegExp, module: string])[] = [
  [/_by_lua(?:_block|_file)?$|^lua_/, 'the Lua module of OpenResty'],
  [/^js_/, 'njs'],
  [/^more_(?:set|clear)_/, 'headers-more'],
  [/^brotli(?:_|$)/, 'ngx_brotli'],
  [/^zstd(?:_|$)/, 'zstd-nginx-module'],
  [/^modsecurity/, 'ModSecurity'],
  [/^vhost_traffic_status/, 'nginx-module-vts'],
  [/^geoip2(?:_|$)/, 'ngx_http_geoip2_module'],
  [/^geoip_/, 'ngx_http_geoip_module'],
  [/^image_filter/, 'ngx_http_image_filter_module'],
  [/^perl(?:_|$)/, 'ngx_http_perl_module'],
  [/^(?:xslt_|xml_(?:entities|external_entities)$)/, 'ngx_http_xslt_module'],
  [/^echo(?:_|$)/, 'echo-nginx-module'],
  [
    /^set_(?:escape|unescape|quote|random|md5|sha1|base32|encode|decode|if_empty|hashed)/,
    'set-misc',
  ],
  [/^pagespeed/, 'ngx_pagespeed'],
  [/^passenger_/, 'Passenger'],
  [/^(?:opentracing|otel)(?:_|$)/, 'OpenTelemetry'],
  [/^(?:nchan|push_stream)_/, 'a publish and subscribe module'],
  [/^fancyindex/, 'ngx-fancyindex'],
  [/^(?:acme_|rtmp)/, 'a module of that name'],
  [
    /^(?:api|match|ntlm|queue|state|keyval|keyval_zone|status_zone|health_check|hls|f4f|session_log|zone_sync|auth_jwt\w*|auth_oidc|auth_require|oidc_provider|internal_redirect|mgmt|num_map|proxy_protocol_tlv|hls_\w+|f4f_\w+|session_log_\w+|\w+_allow_upstream|\w+_bind_dynamic|\w+_ssl_key_log|ssl_key_log)$/,
    'NGINX Plus',
  ],
];

/** What is known of a name; more than one when it means different things in different blocks. */
export function specsOf(name: string): readonly DirectiveSpec[] {
  return byName.get(name) ?? [];
}

/** The directive of this name in a block of this kind, or undefined when it may not stand there. */
export function specIn(name: string, context: Context): DirectiveSpec | undefined {
  return specsOf(name).find((spec) => spec.contexts.includes(context));
}

/** The directives that are inherited or not together; one, mostly. */
export function namesInGroup(group: string): readonly string[] {
  return [...new Set(byGroup.get(group)?.map((spec) => spec.name))];
}

/** The known name that `name` is most likely a mistyping of. */
export function nearestDirective(name: string): string | undefined {
  return nearest(name, byName.keys());
}

/** Whose directive this is, when not stock nginx's. */
export function otherModuleOf(name: string): string | undefined {
  return otherModules.find(([names]) => names.test(name))?.[1];
}

/** What the block of the directive `name`, standing in `context`, is inside. */
export function insideOf(name: string, context: Context): BlockKind {
  switch (name) {
    case 'events':
    case 'http':
    case 'server':
    case 'location':
    case 'upstream':
    case 'limit_except':
      return name;
    case 'if':
      return context === 'server' ? 'server-if' : 'location-if';
    case 'stream':
    case 'mail':
      return 'foreign';
    default:
      return 'data';
  }
}

/** Whether this version of nginx has the directive. */
export function isIn(spec: DirectiveSpec, version: string): boolean {
  if (spec.since !== undefined && compareVersions(version, spec.since) < 0) return false;
  return spec.until === undefined || compareVersions(version, spec.until) < 0;
}

/** Whether this version of nginx takes the word of a `choice` or `set`; an unknown version may. */
export function isWordIn(spec: DirectiveSpec, word: string, version: string | undefined): boolean {
  const later = spec.laterWords.find((entry) => entry.word === word);
  return version === undefined || later === undefined || compareVersions(version, later.since) >= 0;
}

/** What nginx does when a directive is not given. */
export type Default = {
  /** As it would be written; undefined when it does nothing. */
  readonly value: string | undefined;
  /** The version at which it last changed; undefined when it always was this. Without a version to judge by, a caution. */
  readonly since: string | undefined;
};

/** @param version of nginx; undefined when unknown: then the newest default */
export function defaultOf(spec: DirectiveSpec, version: string | undefined): Default {
  const later = spec.laterDefaults.findLast(
    ({ since }) => version === undefined || compareVersions(version, since) >= 0,
  );
  return later ?? { value: spec.defaultValue, since: undefined };
}
