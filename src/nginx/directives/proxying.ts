/**
 * Directives of the modules that pass a request on: proxy, fastcgi, uwsgi, scgi, grpc, memcached, tunnel.
 *
 * They share most of their directives under their own prefix, so the tables here are by what follows the prefix.
 */
import {
  buffers,
  type Context,
  choice,
  type DirectiveSpec,
  everywhere,
  flag,
  http,
  list,
  many,
  quantity,
  set,
  template,
  text,
} from './spec.ts';
import { protocolDefaults, tlsProtocols } from './tls.ts';

type Family = 'proxy' | 'fastcgi' | 'uwsgi' | 'scgi' | 'grpc' | 'memcached' | 'tunnel';

const all: readonly Family[] = ['proxy', 'fastcgi', 'uwsgi', 'scgi', 'grpc', 'memcached', 'tunnel'];
/** Those that can store and cache a response. */
const caching: readonly Family[] = ['proxy', 'fastcgi', 'uwsgi', 'scgi'];
/** Those whose upstreams answer with HTTP headers. */
const headed: readonly Family[] = [...caching, 'grpc'];
const tls: readonly Family[] = ['proxy', 'grpc', 'uwsgi'];

const handler: readonly Context[] = ['location', 'location-if'];
const handlerAndLimitExcept: readonly Context[] = [...handler, 'limit_except'];

const ignorableHeaders = [
  'X-Accel-Redirect',
  'X-Accel-Expires',
  'X-Accel-Limit-Rate',
  'X-Accel-Buffering',
  'X-Accel-Charset',
  'Expires',
  'Cache-Control',
  'Set-Cookie',
  'Vary',
] as const;

/** When to try the next server, by what the protocol can tell. */
function failures(family: Family): readonly string[] {
  const http = ['error', 'timeout', 'invalid_header', 'non_idempotent', 'http_500', 'http_503'];
  const more = ['http_403', 'http_404', 'http_429', 'off'];
  switch (family) {
    case 'proxy':
    case 'grpc':
      return [...http, 'http_502', 'http_504', ...more];
    case 'fastcgi':
    case 'uwsgi':
    case 'scgi':
      return [...http, ...more];
    case 'memcached':
      return ['error', 'timeout', 'invalid_response', 'not_found', 'off'];
    case 'tunnel':
      return ['error', 'timeout', 'denied', 'off'];
  }
}

/** nginx takes `updating` for the next server, too, where it can cache, and does nothing with it. */
function failuresOrUpdating(family: Family): readonly string[] {
  return caching.includes(family) ? [...failures(family), 'updating'] : failures(family);
}

function sharedBy(family: Family): readonly DirectiveSpec[] {
  const tunnelSince = family === 'tunnel' ? ({ since: '1.31.0' } as const) : {};
  return [
    text(`${family}_bind`, everywhere, [1, 2], { templates: [0], ...tunnelSince }),
    quantity('size', `${family}_buffer_size`, everywhere, { default: '8k', ...tunnelSince }),
    quantity('time', `${family}_connect_timeout`, everywhere, { default: '60s', ...tunnelSince }),
    set(`${family}_next_upstream`, everywhere, failuresOrUpdating(family), {
      default: 'error timeout',
      ...tunnelSince,
    }),
    quantity('time', `${family}_next_upstream_timeout`, everywhere, {
      default: '0',
      ...tunnelSince,
    }),
    quantity('number', `${family}_next_upstream_tries`, everywhere, {
      default: '0',
      ...tunnelSince,
    }),
    quantity('time', `${family}_read_timeout`, everywhere, { default: '60s', ...tunnelSince }),
    quantity('time', `${family}_send_timeout`, everywhere, { default: '60s', ...tunnelSince }),
    flag(`${family}_socket_keepalive`, everywhere, { default: 'off', ...tunnelSince }),
    ...(family === 'memcached'
      ? []
      : ['rcvbuf', 'sndbuf'].map((side) =>
          quantity('size', `${family}_socket_${side}`, everywhere, { since: '1.31.3' }),
        )),
  ];
}

function cachingBy(family: Family): readonly DirectiveSpec[] {
  return [
    flag(`${family}_buffering`, everywhere, { default: 'on' }),
    buffers(`${family}_buffers`, everywhere, { default: '8 8k' }),
    quantity('size', `${family}_busy_buffers_size`, everywhere, { default: '16k' }),
    template(`${family}_cache`, everywhere, { default: 'off' }),
    flag(`${family}_cache_background_update`, everywhere, { default: 'off' }),
    list(`${family}_cache_bypass`, everywhere, [1, many], { templates: 'all' }),
    template(`${family}_cache_key`, everywhere),
    flag(`${family}_cache_lock`, everywhere, { default: 'off' }),
    quantity('time', `${family}_cache_lock_age`, everywhere, { default: '5s' }),
    quantity('time', `${family}_cache_lock_timeout`, everywhere, { default: '5s' }),
    quantity('offset', `${family}_cache_max_range_offset`, everywhere),
    set(`${family}_cache_methods`, everywhere, ['GET', 'HEAD', 'POST'], { default: 'GET HEAD' }),
    quantity('number', `${family}_cache_min_uses`, everywhere, { default: '1' }),
    list(`${family}_cache_path`, http, [2, many]),
    flag(`${family}_cache_revalidate`, everywhere, { default: 'off' }),
    set(`${family}_cache_use_stale`, everywhere, failuresOrUpdating(family), { default: 'off' }),
    list(`${family}_cache_valid`, everywhere, [1, many]),
    flag(`${family}_force_ranges`, everywhere, { default: 'off' }),
    flag(`${family}_ignore_client_abort`, everywhere, { default: 'off' }),
    quantity('size-template', `${family}_limit_rate`, everywhere, { default: '0' }),
    quantity('size', `${family}_max_temp_file_size`, everywhere, { default: '1024m' }),
    list(`${family}_no_cache`, everywhere, [1, many], { templates: 'all' }),
    flag(`${family}_pass_request_body`, everywhere, { default: 'on' }),
    flag(`${family}_pass_request_headers`, everywhere, { default: 'on' }),
    flag(`${family}_request_buffering`, everywhere, { default: 'on' }),
    template(`${family}_store`, everywhere, { default: 'off' }),
    text(`${family}_store_access`, everywhere, [1, 3], { default: 'user:rw' }),
    quantity('size', `${family}_temp_file_write_size`, everywhere, { default: '16k' }),
    text(`${family}_temp_path`, everywhere, [1, 4], { default: `${family}_temp` }),
  ];
}

function headedBy(family: Family): readonly DirectiveSpec[] {
  return [
    list(`${family}_hide_header`, everywhere, 1),
    set(`${family}_ignore_headers`, everywhere, ignorableHeaders),
    flag(`${family}_intercept_errors`, everywhere, { default: 'off' }),
    list(`${family}_pass_header`, everywhere, 1),
  ];
}

function tlsBy(family: Family): readonly DirectiveSpec[] {
  return [
    template(`${family}_ssl_certificate`, everywhere),
    text(`${family}_ssl_certificate_cache`, everywhere, [1, 3], {
      default: 'off',
      since: '1.27.4',
    }),
    template(`${family}_ssl_certificate_key`, everywhere),
    text(`${family}_ssl_ciphers`, everywhere, 1, { default: 'DEFAULT' }),
    list(`${family}_ssl_conf_command`, everywhere, 2),
    text(`${family}_ssl_crl`, everywhere, 1),
    template(`${family}_ssl_name`, everywhere, { default: '$proxy_host' }),
    text(`${family}_ssl_password_file`, everywhere, 1),
    set(`${family}_ssl_protocols`, everywhere, tlsProtocols, protocolDefaults),
    flag(`${family}_ssl_server_name`, everywhere, { default: 'off' }),
    flag(`${family}_ssl_session_reuse`, everywhere, { default: 'on' }),
    text(`${family}_ssl_trusted_certificate`, everywhere, 1),
    flag(`${family}_ssl_verify`, everywhere, { default: 'off' }),
    quantity('number', `${family}_ssl_verify_depth`, everywhere, { default: '1' }),
  ];
}

const offAlone = { repeat: 'add-or-off', default: 'off' } as const;
const pass = { inherit: 'content', templates: 'all' } as const;

/** Each alone has these. */
const ownDirectives: readonly DirectiveSpec[] = [
  text('proxy_pass', handlerAndLimitExcept, 1, pass),
  flag('proxy_cache_convert_head', everywhere, { default: 'on' }),
  list('proxy_cookie_domain', everywhere, [1, 2], { ...offAlone, templates: 'all' }),
  list('proxy_cookie_flags', everywhere, [1, 4], { ...offAlone, templates: 'all' }),
  list('proxy_cookie_path', everywhere, [1, 2], { ...offAlone, templates: 'all' }),
  quantity('number', 'proxy_headers_hash_bucket_size', everywhere, { default: '64' }),
  quantity('number', 'proxy_headers_hash_max_size', everywhere, { default: '512' }),
  choice('proxy_http_version', everywhere, ['1.0', '1.1', '2'], {
    default: '1.0',
    laterWords: [{ since: '1.29.4', word: '2' }],
    laterDefaults: [{ since: '1.29.7', value: '1.1' }],
  }),
  template('proxy_method', everywhere),
  flag('proxy_pass_trailers', everywhere, { default: 'off', since: '1.27.2' }),
  list('proxy_redirect', everywhere, [1, 2], {
    ...offAlone,
    templates: 'all',
    default: 'default',
  }),
  quantity('size', 'proxy_send_lowat', everywhere, { default: '0' }),
  template('proxy_set_body', everywhere),
  list('proxy_set_header', everywhere, 2, { templates: [1] }),

  text('fastcgi_pass', handler, 1, pass),
  list('fastcgi_catch_stderr', everywhere, 1),
  text('fastcgi_index', everywhere, 1),
  flag('fastcgi_keep_conn', everywhere, { default: 'off' }),
  list('fastcgi_param', everywhere, [2, 3], { templates: [1] }),
  quantity('size', 'fastcgi_send_lowat', everywhere, { default: '0' }),
  text('fastcgi_split_path_info', everywhere, 1, { repeat: 'override' }),

  text('uwsgi_pass', handler, 1, pass),
  quantity('number', 'uwsgi_modifier1', everywhere, { default: '0' }),
  quantity('number', 'uwsgi_modifier2', everywhere, { default: '0' }),
  list('uwsgi_param', everywhere, [2, 3], { templates: [1] }),
  text('uwsgi_string', everywhere, 1),

  text('scgi_pass', handler, 1, pass),
  list('scgi_param', everywhere, [2, 3], { templates: [1] }),

  text('grpc_pass', handler, 1, pass),
  list('grpc_set_header', everywhere, 2, { templates: [1] }),

  text('memcached_pass', handler, 1, pass),
  quantity('number', 'memcached_gzip_flag', everywhere),

  text('tunnel_pass', ['server', ...handler], [0, 1], { ...pass, since: '1.31.0' }),
  quantity('size', 'tunnel_send_lowat', everywhere, { default: '0', since: '1.31.0' }),
];

export const proxyingDirectives: readonly DirectiveSpec[] = [
  ...ownDirectives,
  ...all.flatMap(sharedBy),
  ...caching.flatMap(cachingBy),
  ...headed.flatMap(headedBy),
  ...tls.flatMap(tlsBy),
];
