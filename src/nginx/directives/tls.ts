/** Directives of TLS, HTTP/2 and HTTP/3 towards the client: ngx_http_ssl_module, ngx_http_v2_module, ngx_http_v3_module. */
import {
  choice,
  type DirectiveSpec,
  everywhere,
  flag,
  http,
  httpServer,
  list,
  quantity,
  type SpecOptions,
  set,
  text,
} from './spec.ts';

/** Old to new. */
export const tlsProtocols = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The default of ssl_protocols and its like towards upstreams. */
export const protocolDefaults = {
  default: 'TLSv1 TLSv1.1 TLSv1.2',
  laterDefaults: [
    { since: '1.23.4', value: 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3' },
    { since: '1.27.3', value: 'TLSv1.2 TLSv1.3' },
  ],
} as const satisfies SpecOptions;

const sslDirectives: readonly DirectiveSpec[] = [
  flag('ssl', httpServer, { default: 'off', until: '1.25.1' }),
  quantity('size', 'ssl_buffer_size', httpServer, { default: '16k' }),
  list('ssl_certificate', httpServer, 1, { templates: 'all' }),
  text('ssl_certificate_cache', httpServer, [1, 3], { default: 'off', since: '1.27.4' }),
  flag('ssl_certificate_compression', httpServer, { default: 'off', since: '1.29.1' }),
  list('ssl_certificate_key', httpServer, 1, { templates: 'all' }),
  text('ssl_ciphers', httpServer, 1, { default: 'HIGH:!aNULL:!MD5' }),
  text('ssl_client_certificate', httpServer, 1),
  list('ssl_conf_command', httpServer, 2),
  text('ssl_crl', httpServer, 1),
  text('ssl_dhparam', httpServer, 1),
  flag('ssl_early_data', httpServer, { default: 'off' }),
  text('ssl_ecdh_curve', httpServer, 1, { default: 'auto' }),
  list('ssl_ech_file', httpServer, 1, { since: '1.29.4' }),
  choice('ssl_ocsp', httpServer, ['off', 'on', 'leaf'], { default: 'off' }),
  text('ssl_ocsp_cache', httpServer, 1, { default: 'off' }),
  text('ssl_ocsp_responder', httpServer, 1),
  text('ssl_password_file', httpServer, 1),
  flag('ssl_prefer_server_ciphers', httpServer, { default: 'off' }),
  set('ssl_protocols', httpServer, tlsProtocols, protocolDefaults),
  flag('ssl_reject_handshake', httpServer, { default: 'off' }),
  text('ssl_session_cache', httpServer, [1, 2], { repeat: 'override', default: 'none' }),
  list('ssl_session_ticket_key', httpServer, 1),
  flag('ssl_session_tickets', httpServer, { default: 'on' }),
  quantity('seconds', 'ssl_session_timeout', httpServer, { default: '5m' }),
  flag('ssl_stapling', httpServer, { default: 'off' }),
  text('ssl_stapling_file', httpServer, 1),
  text('ssl_stapling_responder', httpServer, 1),
  flag('ssl_stapling_verify', httpServer, { default: 'off' }),
  text('ssl_trusted_certificate', httpServer, 1),
  choice('ssl_verify_client', httpServer, ['off', 'on', 'optional', 'optional_no_ca'], {
    default: 'off',
  }),
  quantity('number', 'ssl_verify_depth', httpServer, { default: '1' }),
];

const http2Directives: readonly DirectiveSpec[] = [
  flag('http2', httpServer, { default: 'off', since: '1.25.1' }),
  quantity('size', 'http2_body_preread_size', httpServer, { default: '64k' }),
  quantity('size', 'http2_chunk_size', everywhere, { default: '8k' }),
  quantity('number', 'http2_max_concurrent_pushes', httpServer, { default: '10' }),
  quantity('number', 'http2_max_concurrent_streams', httpServer, { default: '128' }),
  quantity('size', 'http2_pool_size', httpServer, { default: '4k' }),
  list('http2_push', everywhere, 1, { templates: 'all', default: 'off' }),
  flag('http2_push_preload', everywhere, { default: 'off' }),
  quantity('size', 'http2_recv_buffer_size', http, { default: '256k' }),
  quantity('number', 'http2_streams_index_size', httpServer, { default: '32' }),
  // Since 1.19.7 these are read, said to be obsolete, and forgotten.
  ...[
    'http2_idle_timeout',
    'http2_max_field_size',
    'http2_max_header_size',
    'http2_max_requests',
    'http2_recv_timeout',
  ].map((name) => text(name, httpServer, 1, { repeat: 'override' })),
];

const http3Directives: readonly DirectiveSpec[] = [
  flag('http3', httpServer, { default: 'on', since: '1.25.0' }),
  flag('http3_hq', httpServer, { default: 'off', since: '1.25.0' }),
  quantity('number', 'http3_max_concurrent_streams', httpServer, {
    default: '128',
    since: '1.25.0',
  }),
  quantity('size', 'http3_stream_buffer_size', httpServer, { default: '64k', since: '1.25.0' }),
  quantity('number', 'quic_active_connection_id_limit', httpServer, {
    default: '2',
    since: '1.25.0',
  }),
  flag('quic_gso', httpServer, { default: 'off', since: '1.25.0' }),
  text('quic_host_key', httpServer, 1, { since: '1.25.0' }),
  flag('quic_retry', httpServer, { default: 'off', since: '1.25.0' }),
];

export const tlsDirectives: readonly DirectiveSpec[] = [
  ...sslDirectives,
  ...http2Directives,
  ...http3Directives,
];
