/** Directives of the modules that make, change or log a response: rewriting, variables, headers, files, filters, logs. */
import {
  block,
  buffers,
  type Context,
  choice,
  type DirectiveSpec,
  everywhere,
  everywhereAndIf,
  flag,
  http,
  list,
  location,
  many,
  quantity,
  set,
  template,
  text,
} from './spec.ts';

/** Where ngx_http_rewrite_module's directives run, one after the other. */
const rewritable: readonly Context[] = ['server', 'server-if', 'location', 'location-if'];
const step = { repeat: 'add', inherit: 'none' } as const;
const inheritModes = ['off', 'on', 'merge'] as const;

const rewriteDirectives: readonly DirectiveSpec[] = [
  text('break', rewritable, 0, step),
  block('if', ['server', 'location'], [1, many], { templates: 'all' }),
  text('return', rewritable, [1, 2], { ...step, templates: 'all' }),
  text('rewrite', rewritable, [2, 3], { ...step, templates: [1] }),
  flag('rewrite_log', ['http', ...rewritable], { default: 'off' }),
  text('set', rewritable, 2, { ...step, templates: [1] }),
  flag('uninitialized_variable_warn', ['http', ...rewritable], { default: 'on' }),
];

const variableDirectives: readonly DirectiveSpec[] = [
  block('map', http, 2, { templates: [0] }),
  quantity('number', 'map_hash_bucket_size', http, { default: '64' }),
  quantity('number', 'map_hash_max_size', http, { default: '2048' }),
  block('split_clients', http, 2, { templates: [0] }),
  list('json_set', http, 3, { templates: [1], inherit: 'none', since: '1.31.5' }),
  quantity('number', 'json_max_depth', http, { default: '32', since: '1.31.5' }),
];

const headerDirectives: readonly DirectiveSpec[] = [
  list('add_header', everywhereAndIf, [2, 3], { templates: [1] }),
  choice('add_header_inherit', everywhereAndIf, inheritModes, { default: 'on', since: '1.29.3' }),
  list('add_trailer', everywhereAndIf, [2, 3], { templates: [1] }),
  choice('add_trailer_inherit', everywhereAndIf, inheritModes, { default: 'on', since: '1.29.3' }),
  text('expires', everywhereAndIf, [1, 2], { templates: [-1], default: 'off' }),
];

const logDirectives: readonly DirectiveSpec[] = [
  list('access_log', [...everywhereAndIf, 'limit_except'], [1, many], {
    templates: [0],
    default: 'logs/access.log combined',
  }),
  list('log_format', http, [2, many], { inherit: 'none', templates: 'all' }),
  text('open_log_file_cache', everywhere, [1, 4], { default: 'off' }),
];

const fileDirectives: readonly DirectiveSpec[] = [
  flag('autoindex', everywhere, { default: 'off' }),
  flag('autoindex_exact_size', everywhere, { default: 'on' }),
  choice('autoindex_format', everywhere, ['html', 'json', 'jsonp', 'xml'], { default: 'html' }),
  flag('autoindex_localtime', everywhere, { default: 'off' }),
  flag('create_full_put_path', everywhere, { default: 'off' }),
  text('dav_access', everywhere, [1, 3], { default: 'user:rw' }),
  set('dav_methods', everywhere, ['off', 'put', 'delete', 'mkcol', 'copy', 'move'], {
    default: 'off',
  }),
  text('empty_gif', location, 0, { repeat: 'override', inherit: 'none' }),
  text('flv', location, 0, { repeat: 'override', inherit: 'none' }),
  list('index', everywhere, [1, many], { templates: 'all', default: 'index.html' }),
  quantity('number', 'min_delete_depth', everywhere, { default: '0' }),
  text('mp4', location, 0, { repeat: 'override', inherit: 'none' }),
  quantity('size', 'mp4_buffer_size', everywhere, { default: '512K' }),
  quantity('size', 'mp4_max_buffer_size', everywhere, { default: '10M' }),
  flag('mp4_start_key_frame', everywhere, { default: 'off' }),
  flag('random_index', location, { default: 'off' }),
  quantity('size', 'slice', everywhere, { default: '0' }),
  text('stub_status', ['server', 'location'], [0, 1], { repeat: 'override', inherit: 'none' }),
];

const proxiedWords = [
  'off',
  'expired',
  'no-cache',
  'no-store',
  'private',
  'no_last_modified',
  'no_etag',
  'auth',
  'any',
] as const;

const filterDirectives: readonly DirectiveSpec[] = [
  text('add_after_body', everywhere, 1),
  text('add_before_body', everywhere, 1),
  list('addition_types', everywhere, [1, many], { default: 'text/html' }),
  template('charset', everywhereAndIf, { default: 'off' }),
  block('charset_map', http, 2),
  list('charset_types', everywhere, [1, many]),
  flag('override_charset', everywhereAndIf, { default: 'off' }),
  template('source_charset', everywhereAndIf),
  flag('gunzip', everywhere, { default: 'off' }),
  buffers('gunzip_buffers', everywhere, { default: '32 4k' }),
  flag('gzip', everywhereAndIf, { default: 'off' }),
  buffers('gzip_buffers', everywhere, { default: '32 4k' }),
  quantity('number', 'gzip_comp_level', everywhere, { default: '1' }),
  list('gzip_disable', everywhere, [1, many]),
  quantity('size', 'gzip_hash', everywhere),
  choice('gzip_http_version', everywhere, ['1.0', '1.1'], { default: '1.1' }),
  quantity('size', 'gzip_min_length', everywhere, { default: '20' }),
  flag('gzip_no_buffer', everywhere, { default: 'off' }),
  set('gzip_proxied', everywhere, proxiedWords, { default: 'off' }),
  choice('gzip_static', everywhere, ['off', 'on', 'always'], { default: 'off' }),
  list('gzip_types', everywhere, [1, many], { default: 'text/html' }),
  flag('gzip_vary', everywhere, { default: 'off' }),
  quantity('size', 'gzip_window', everywhere),
  quantity('size', 'postpone_gzipping', everywhere, { default: '0' }),
  flag('ssi', everywhereAndIf, { default: 'off' }),
  flag('ssi_ignore_recycled_buffers', everywhere, { default: 'off' }),
  flag('ssi_last_modified', everywhere, { default: 'off' }),
  quantity('size', 'ssi_min_file_chunk', everywhere, { default: '1k' }),
  flag('ssi_silent_errors', everywhere, { default: 'off' }),
  list('ssi_types', everywhere, [1, many], { default: 'text/html' }),
  quantity('size', 'ssi_value_length', everywhere, { default: '256' }),
  list('sub_filter', everywhere, 2, { templates: 'all' }),
  flag('sub_filter_last_modified', everywhere, { default: 'off' }),
  flag('sub_filter_once', everywhere, { default: 'on' }),
  list('sub_filter_types', everywhere, [1, many], { default: 'text/html' }),
];

const otherDirectives: readonly DirectiveSpec[] = [
  list('ancient_browser', everywhere, [1, many]),
  text('ancient_browser_value', everywhere, 1, { repeat: 'override', default: '1' }),
  list('modern_browser', everywhere, [1, 2]),
  text('modern_browser_value', everywhere, 1, { repeat: 'override', default: '1' }),
  list('mirror', everywhere, 1, { repeat: 'add-or-off', default: 'off' }),
  flag('mirror_request_body', everywhere, { default: 'on' }),
];

export const contentDirectives: readonly DirectiveSpec[] = [
  ...rewriteDirectives,
  ...variableDirectives,
  ...headerDirectives,
  ...logDirectives,
  ...fileDirectives,
  ...filterDirectives,
  ...otherDirectives,
];
