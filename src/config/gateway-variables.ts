/**
 * Which of nginx's variables the gateway has. A configuration with another one is refused, since its value would be empty
 * where somebody expects one. What they are worth is in `gateway/built-in-variables.ts`, whose test compares the two.
 */
import { builtInVariables, variablePrefixes } from '../nginx/variables.ts';

/** Of caches, other protocols and modules that no proxying needs. */
const absent: ReadonlySet<string> = new Set(
  `ancient_browser connection_time connections_active connections_reading connections_waiting
connections_writing date_gmt date_local fastcgi_path_info fastcgi_script_name gzip_ratio http2
http3 invalid_referer is_request_port limit_rate modern_browser msie
proxy_internal_body_length proxy_internal_chunked request_body request_body_file
request_port secure_link secure_link_expires slice_range ssl_ciphers ssl_client_i_dn_legacy
ssl_client_s_dn_legacy ssl_client_sigalg ssl_client_v_remain ssl_curve ssl_curves
ssl_ech_outer_server_name ssl_ech_status ssl_sigalg ssl_sigalgs tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar
tcpinfo_snd_cwnd uid_got uid_reset uid_set upstream_bytes_received upstream_bytes_sent upstream_cache_etag
upstream_cache_key upstream_cache_last_modified upstream_cache_status upstream_last_addr
upstream_sticky_status`.split(/\s+/),
);

const absentPrefixes: ReadonlySet<string> = new Set([
  'proxy_protocol_tlv_',
  'sent_trailer_',
  'upstream_trailer_',
]);

/** Lower-case, without `$`. */
export const gatewayVariables: ReadonlySet<string> = new Set(
  [...builtInVariables].filter((name) => !absent.has(name)),
);

/** What follows one of these names a header field, argument or cookie. */
export const gatewayVariablePrefixes: readonly string[] = variablePrefixes.filter(
  (prefix) => !absentPrefixes.has(prefix),
);

/** @param name lower-case, without `$` */
export function isGatewayVariable(name: string): boolean {
  if (gatewayVariables.has(name)) return true;
  return gatewayVariablePrefixes.some(
    (prefix) => name.length > prefix.length && name.startsWith(prefix),
  );
}
