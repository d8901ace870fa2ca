/**
 * What of an nginx configuration the gateway does, and what it does not. A directive is in one of four groups: done, without
 * effect here, left out at the cost of speed or logging (a notice), or refused, since leaving it out would change who gets in or
 * what is served (an error). Whatever is in none of the first three is in the last.
 */
import { type Level, levelsIn, type Setting } from '../../nginx/level.ts';
import type { Directive } from '../../nginx/tree.ts';
import type { ConfigProblem } from '../problem.ts';

export type Support = 'done' | 'no-effect' | 'notice' | 'error';

const words = (text: string): string[] => text.trim().split(/\s+/);

const done = new Set(
  words(`
  http server location listen server_name internal merge_slashes upstream hash ip_hash least_conn random keepalive
  keepalive_timeout keepalive_requests keepalive_time sticky zone include
  proxy_pass proxy_set_header proxy_http_version proxy_method proxy_pass_request_headers proxy_pass_request_body
  proxy_set_body proxy_hide_header proxy_pass_header proxy_redirect proxy_cookie_domain proxy_cookie_path
  proxy_cookie_flags proxy_buffering proxy_request_buffering proxy_connect_timeout proxy_read_timeout
  proxy_send_timeout proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout
  proxy_socket_keepalive proxy_intercept_errors proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_ciphers
  proxy_ssl_name proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_verify
  map set return rewrite if break error_page add_header client_max_body_size client_body_timeout
  client_header_timeout large_client_header_buffers access_log log_format resolver resolver_timeout
  ssl_certificate ssl_certificate_key ssl_protocols ssl_ciphers ssl_client_certificate ssl_verify_client
  ssl_verify_depth http2 auth_basic auth_basic_user_file auth_request auth_request_set allow deny satisfy
  set_real_ip_from real_ip_header real_ip_recursive worker_shutdown_timeout absolute_redirect default_type
`),
);

/** Sizes of tables and buffers, processes and sockets of nginx itself, and defaults that hold here anyway. */
const noEffect = new Set(
  words(`
  daemon debug_points env events lock_file master_process pcre_jit pid ssl_engine thread_pool timer_resolution user
  worker_cpu_affinity worker_priority worker_processes worker_rlimit_core worker_rlimit_nofile working_directory
  accept_mutex accept_mutex_delay debug_connection epoll_events multi_accept use worker_aio_requests
  worker_connections server_names_hash_bucket_size server_names_hash_max_size variables_hash_bucket_size
  variables_hash_max_size map_hash_bucket_size map_hash_max_size proxy_headers_hash_bucket_size
  proxy_headers_hash_max_size types_hash_bucket_size types_hash_max_size client_body_buffer_size
  client_body_early_read client_body_in_file_only client_body_in_single_buffer client_body_temp_path
  client_header_buffer_size connection_pool_size request_pool_size ignore_invalid_headers max_headers
  underscores_in_headers keepalive_disable keepalive_min_timeout lingering_close lingering_time lingering_timeout
  reset_timedout_connection send_lowat send_timeout tcp_nodelay tcp_nopush aio aio_write chunked_transfer_encoding
  directio directio_alignment disable_symlinks etag if_modified_since log_not_found log_subrequest max_ranges
  msie_padding msie_refresh open_file_cache open_file_cache_errors open_file_cache_events
  open_file_cache_min_uses open_file_cache_valid output_buffers postpone_output read_ahead sendfile
  sendfile_max_chunk server_tokens subrequest_output_buffer_size types root index ssl_buffer_size
  ssl_certificate_cache ssl_prefer_server_ciphers ssl_session_cache ssl_session_tickets ssl_session_timeout
  ssl_session_ticket_key ssl_trusted_certificate ssl_object_cache_inheritable auth_delay limit_conn_zone
  limit_req_zone limit_conn_log_level limit_req_log_level limit_conn_status limit_req_status
  referer_hash_bucket_size referer_hash_max_size proxy_buffer_size proxy_buffers proxy_busy_buffers_size
  proxy_max_temp_file_size proxy_temp_file_write_size proxy_temp_path proxy_send_lowat proxy_socket_rcvbuf
  proxy_socket_sndbuf proxy_ignore_headers proxy_ignore_client_abort proxy_pass_trailers proxy_ssl_session_reuse
  proxy_ssl_verify_depth proxy_ssl_certificate_cache proxy_cache_path proxy_cache_key proxy_cache_valid
  proxy_cache_methods proxy_cache_min_uses proxy_cache_bypass proxy_no_cache proxy_cache_lock
  proxy_cache_lock_age proxy_cache_lock_timeout proxy_cache_use_stale proxy_cache_revalidate
  proxy_cache_background_update proxy_cache_convert_head proxy_cache_max_range_offset rewrite_log
  uninitialized_variable_warn open_log_file_cache gzip_buffers gzip_comp_level gzip_disable gzip_hash
  gzip_http_version gzip_min_length gzip_no_buffer gzip_proxied gzip_types gzip_vary gzip_window postpone_gzipping
  gunzip_buffers charset_types autoindex_exact_size autoindex_format autoindex_localtime
  http2_body_preread_size http2_chunk_size http2_max_concurrent_pushes http2_max_concurrent_streams
  http2_pool_size http2_push http2_push_preload http2_recv_buffer_size http2_streams_index_size
  http2_idle_timeout http2_max_field_size http2_max_header_size http2_max_requests http2_recv_timeout
  http3_hq http3_max_concurrent_streams http3_stream_buffer_size quic_active_connection_id_limit quic_gso
  quic_host_key quic_retry quic_bpf ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk
  ssi_silent_errors ssi_types ssi_value_length sub_filter_last_modified sub_filter_once sub_filter_types
  mirror_request_body limit_rate_after add_header_inherit add_trailer_inherit
`),
);

/** What is lost without them. */
const notices: Readonly<Record<string, string>> = {
  error_log: 'the gateway logs to standard error',
  load_module: 'modules of nginx cannot be loaded',
  gzip: 'answers are passed on as the upstream compresses them',
  gzip_static: 'no files are served',
  gunzip: 'answers are passed on as the upstream compresses them',
  proxy_cache: 'nothing is cached',
  proxy_store: 'nothing is stored',
  proxy_store_access: 'nothing is stored',
  proxy_force_ranges: 'ranges are the upstream’s matter',
  proxy_limit_rate: 'the rate of answers is not limited',
  limit_rate: 'the rate of answers is not limited',
  expires: 'browsers cache as the upstream says',
  early_hints: 'interim answers are always passed on',
  charset: 'the upstream’s Content-Type is passed on as it is',
  override_charset: 'the upstream’s Content-Type is passed on as it is',
  add_trailer: 'no trailers are added',
  least_time: 'the server with the fewest connections is chosen instead',
  ssl_stapling: 'no OCSP answer is stapled',
  ssl_stapling_file: 'no OCSP answer is stapled',
  ssl_stapling_responder: 'no OCSP answer is stapled',
  ssl_stapling_verify: 'no OCSP answer is stapled',
  ssl_dhparam: 'key exchange is by elliptic curves',
  ssl_ecdh_curve: 'the usual curves are offered',
  ssl_early_data: 'early data is not taken',
  ssl_certificate_compression: 'certificates are not compressed',
  http3: 'HTTP/3 is not spoken; browsers use HTTP/2',
  userid: 'visitors get no cookie',
  mirror: 'requests are not copied',
  recursive_error_pages: 'an error on the way to an error page has the gateway’s own page',
  server_name_in_redirect: 'redirects name the host of the request',
  port_in_redirect: 'redirects name the port that was asked',
};

/** Other ways to ask an upstream: what they say matters only where one of them is used, and its `_pass` is refused. */
const otherProtocols = /^(?:fastcgi|uwsgi|scgi|grpc|memcached|tunnel)_(?!pass$)/;

/** Of an `if`, all that does more than rewriting. */
const inIf = new Set(words('set return rewrite break if error_log access_log'));

export function supportOf(name: string): Support {
  if (done.has(name)) return 'done';
  if (noEffect.has(name) || otherProtocols.test(name)) return 'no-effect';
  if (/^userid_/.test(name)) return 'no-effect';
  return notices[name] === undefined ? 'error' : 'notice';
}

export type SupportProblems = {
  readonly errors: readonly ConfigProblem[];
  readonly notices: readonly ConfigProblem[];
};

/** Everything in `main` that is not done, each place once. */
export function unsupportedIn(main: Level): SupportProblems {
  const errors = new Map<string, ConfigProblem>();
  const found = new Map<string, ConfigProblem>();
  for (const level of levelsIn(main)) {
    if (level.kind === 'data') continue;
    if (level.kind === 'foreign') {
      const { opening } = level;
      if (opening !== undefined) {
        add(errors, opening, `"${opening.directive.name}" is not served: only http is`);
      }
      continue;
    }
    for (const setting of level.settings) {
      const { directive } = setting;
      const { name } = directive;
      if (isHarmless(directive)) continue;
      const isIf = level.kind === 'location-if' || level.kind === 'server-if';
      if (isIf && !inIf.has(name)) {
        add(
          errors,
          setting,
          `"${name}" is not done inside "if"`,
          'let a rewrite lead to a location of its own',
        );
        continue;
      }
      switch (supportOf(name)) {
        case 'done':
        case 'no-effect':
          break;
        case 'notice':
          add(found, setting, `"${name}" is left out: ${notices[name]}`);
          break;
        case 'error':
          add(
            errors,
            setting,
            `"${name}" is not done here, and leaving it out would change who gets in or what is served`,
          );
          break;
      }
    }
  }
  return { errors: [...errors.values()], notices: [...found.values()] };
}

/** Whether it only says what holds without it. */
function isHarmless({ name, args }: Directive): boolean {
  const [first = ''] = args.map((arg) => arg.value.toLowerCase());
  if (name === 'mail' || name === 'stream') return true;
  if (name === 'http3' || name === 'proxy_cache' || name === 'add_trailer') return first === 'off';
  if (name === 'server_name_in_redirect') return first === 'off';
  if (name === 'port_in_redirect') return first === 'on';
  if (name === 'limit_rate' || name === 'proxy_limit_rate') return first === '0';
  return (
    first === 'off' &&
    !['auth_basic', 'auth_request', 'access_log', 'proxy_redirect'].includes(name) &&
    supportOf(name) !== 'done'
  );
}

function add(
  problems: Map<string, ConfigProblem>,
  { directive }: Setting,
  message: string,
  hint?: string,
): void {
  const { file, line, column } = directive;
  problems.set(`${file}:${line}:${column}`, {
    file,
    line,
    column,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}
