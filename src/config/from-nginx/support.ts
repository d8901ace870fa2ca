/**
 * What of an nginx configuration the gateway does, and what it does not. A directive is in one of four groups: done, without
 * effect here, left out at the cost of speed or logging (a notice), or refused, since leaving it out would change who gets in or
 * what is served (an error). Directives of other modules are refused, but for those of the table at the end.
 */

export type Support = 'done' | 'no-effect' | 'notice' | 'error';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Followed as far as it can be seen from outside. */
export const done: ReadonlySet<string> = new Set(
  words(`
  http server location listen server_name internal merge_slashes upstream hash ip_hash least_conn random keepalive
  keepalive_timeout keepalive_requests keepalive_time sticky zone include
  proxy_pass proxy_set_header proxy_http_version proxy_method proxy_pass_request_headers proxy_pass_request_body
  proxy_set_body proxy_hide_header proxy_pass_header proxy_redirect proxy_cookie_domain proxy_cookie_path
  proxy_cookie_flags proxy_buffering proxy_request_buffering proxy_connect_timeout proxy_read_timeout
  proxy_send_timeout proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout
  proxy_socket_keepalive proxy_intercept_errors proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_ciphers
  proxy_ssl_name proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_verify
  geo split_clients map set return rewrite if break error_page add_header client_max_body_size client_body_timeout
  client_header_timeout large_client_header_buffers access_log log_format resolver resolver_timeout
  ssl_certificate ssl_certificate_key ssl_protocols ssl_ciphers ssl_client_certificate ssl_verify_client
  http2 auth_basic auth_basic_user_file auth_request auth_request_set allow deny satisfy
  set_real_ip_from real_ip_header real_ip_recursive worker_shutdown_timeout absolute_redirect
  port_in_redirect server_name_in_redirect default_type
  limit_req limit_req_zone limit_req_status limit_req_dry_run limit_req_log_level
  limit_conn limit_conn_zone limit_conn_status limit_conn_dry_run limit_conn_log_level
  ssl_conf_command ssl_crl ssl_password_file ssl_verify_depth
  proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_password_file proxy_ssl_verify_depth
  ssl ssl_reject_handshake ssl_trusted_certificate max_headers underscores_in_headers
  root alias index try_files types etag if_modified_since max_ranges expires
`),
);

/** Sizes of tables and buffers, processes and sockets of nginx itself, and defaults that hold here anyway. */
export const withoutEffect: ReadonlySet<string> = new Set(
  words(`
  daemon debug_points env events lock_file master_process pcre_jit pid ssl_engine thread_pool timer_resolution user
  worker_cpu_affinity worker_priority worker_processes worker_rlimit_core worker_rlimit_nofile working_directory
  accept_mutex accept_mutex_delay debug_connection epoll_events multi_accept use worker_aio_requests
  worker_connections server_names_hash_bucket_size server_names_hash_max_size variables_hash_bucket_size
  variables_hash_max_size map_hash_bucket_size map_hash_max_size proxy_headers_hash_bucket_size
  proxy_headers_hash_max_size types_hash_bucket_size types_hash_max_size client_body_buffer_size
  client_body_in_file_only client_body_in_single_buffer client_body_temp_path
  client_header_buffer_size connection_pool_size request_pool_size ignore_invalid_headers
  keepalive_disable keepalive_min_timeout lingering_close lingering_time lingering_timeout
  reset_timedout_connection send_lowat tcp_nodelay tcp_nopush aio aio_write chunked_transfer_encoding
  directio directio_alignment log_not_found log_subrequest
  msie_padding msie_refresh open_file_cache open_file_cache_errors open_file_cache_events
  open_file_cache_min_uses open_file_cache_valid output_buffers postpone_output read_ahead sendfile
  sendfile_max_chunk server_tokens subrequest_output_buffer_size ssl_buffer_size
  ssl_certificate_cache ssl_prefer_server_ciphers ssl_session_cache ssl_session_tickets ssl_session_timeout
  ssl_session_ticket_key ssl_object_cache_inheritable
  referer_hash_bucket_size referer_hash_max_size proxy_buffer_size proxy_buffers proxy_busy_buffers_size
  proxy_max_temp_file_size proxy_temp_file_write_size proxy_temp_path proxy_send_lowat proxy_socket_rcvbuf
  proxy_socket_sndbuf proxy_ignore_headers proxy_ignore_client_abort proxy_pass_trailers proxy_ssl_session_reuse
  proxy_ssl_certificate_cache proxy_cache_path proxy_cache_key proxy_cache_valid
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
  mirror_request_body limit_rate_after add_header_inherit add_trailer_inherit client_body_early_read addition_types
  json_max_depth mp4_buffer_size mp4_max_buffer_size mp4_start_key_frame slice create_full_put_path dav_access
  min_delete_depth
`),
);

/** What is lost without them. */
export const notices: Readonly<Record<string, string>> = {
  error_log: 'the gateway logs to standard error',
  load_module: 'modules of nginx cannot be loaded',
  gzip: 'answers are passed on as the upstream compresses them',
  gzip_static: 'files are sent as they are',
  gunzip: 'answers are passed on as the upstream compresses them',
  proxy_cache: 'nothing is cached',
  proxy_store: 'nothing is stored',
  proxy_store_access: 'nothing is stored',
  proxy_force_ranges: 'ranges are the upstream’s matter',
  proxy_limit_rate: 'the rate of answers is not limited',
  send_timeout: 'a client that stops reading is given client_body_timeout',
  auth_delay: 'a wrong password is answered at once',
  limit_rate: 'the rate of answers is not limited',
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
};

/** What would be otherwise without them: who gets in, or what is served. */
export const refused: Readonly<Record<string, string>> = {
  mail: 'only http is served',
  stream: 'only http is served',
  limit_except: 'who may use which method would be forgotten',
  predicate: 'locations by a condition are not known here',
  post_action: 'a request that other servers count on would not be made',
  autoindex: 'folders are not listed',
  random_index: 'a folder has one index',
  disable_symlinks: 'links would be followed',
  dav_methods: 'files are only read',
  empty_gif: 'there is no image here but those in files',
  flv: 'files are sent from their beginning, or by Range',
  mp4: 'files are sent from their beginning, or by Range',
  stub_status: 'the gateway has figures of its own, see `admin` of hatchway.yaml',
  valid_referers: 'who may link here would be forgotten',
  secure_link: 'links would not be checked',
  secure_link_md5: 'links would not be checked',
  secure_link_secret: 'links would not be checked',
  json_set: 'its variable would be empty',
  ancient_browser: 'its variable would be empty',
  ancient_browser_value: 'its variable would be empty',
  modern_browser: 'its variable would be empty',
  modern_browser_value: 'its variable would be empty',
  fastcgi_pass: 'upstreams speak HTTP here',
  uwsgi_pass: 'upstreams speak HTTP here',
  scgi_pass: 'upstreams speak HTTP here',
  grpc_pass: 'upstreams speak HTTP/1.1 here',
  memcached_pass: 'upstreams speak HTTP here',
  tunnel_pass: 'upstreams speak HTTP here',
  proxy_bind: 'upstreams would see another address',
  ssl_ech_file: 'names of sites would be sent in the clear',
  ssl_ocsp: 'revoked certificates would be taken',
  ssl_ocsp_cache: 'revoked certificates would be taken',
  ssl_ocsp_responder: 'revoked certificates would be taken',
  add_after_body: 'pages would lack a part',
  add_before_body: 'pages would lack a part',
  ssi: 'pages would lack a part',
  sub_filter: 'pages would say something else',
  charset_map: 'pages would be in another encoding',
  source_charset: 'pages would be in another encoding',
};

/** Other ways to ask an upstream: what they say matters only where one of them is used, and its `_pass` is refused. */
const otherProtocols = /^(?:fastcgi|uwsgi|scgi|grpc|memcached|tunnel)_(?!pass$)|^userid_/;

/** Directives of other modules that only cost speed or figures, and what is lost. */
const otherModules: readonly (readonly [names: RegExp, lost: string])[] = [
  [/^(?:brotli|zstd)(?:_|$)/, 'answers are passed on as the upstream compresses them'],
  [/^(?:vhost_traffic_status|opentracing|otel)(?:_|$)/, 'the gateway has figures of its own'],
];

/** Every group that a directive is in; one, if this file is right. */
export function groupsOf(name: string): Support[] {
  const groups: Support[] = [];
  if (done.has(name)) groups.push('done');
  if (withoutEffect.has(name) || otherProtocols.test(name)) groups.push('no-effect');
  if (lostWithout(name) !== undefined) groups.push('notice');
  if (refused[name] !== undefined) groups.push('error');
  return groups;
}

/** What nobody knows is refused. */
export function supportOf(name: string): Support {
  return groupsOf(name)[0] ?? 'error';
}

/** What a directive that is left out would have done; undefined for one that is not left out. */
export function lostWithout(name: string): string | undefined {
  return notices[name] ?? otherModules.find(([names]) => names.test(name))?.[1];
}
