import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allDirectives } from '../../nginx/directives.ts';
import { done, groupsOf, notices, refused, supportOf } from './support.ts';

const names = [...new Set(allDirectives.map(({ name }) => name))];

test('every directive of nginx is in exactly one group', () => {
  const wrong = names.filter((name) => groupsOf(name).length !== 1);
  assert.deepEqual(
    wrong.map((name) => [name, ...groupsOf(name)]),
    [],
  );
});

test('the groups name no directive that nginx does not have', () => {
  const known = new Set([...names, 'map', 'types']);
  for (const group of [done, Object.keys(notices), Object.keys(refused)]) {
    assert.deepEqual(
      [...group].filter((name) => !known.has(name)),
      [],
    );
  }
});

test('what speeds up or counts in other modules is left out, and what nobody knows is refused', () => {
  assert.equal(supportOf('brotli_comp_level'), 'notice');
  assert.equal(supportOf('vhost_traffic_status_zone'), 'notice');
  assert.equal(supportOf('more_set_headers'), 'error');
  assert.equal(supportOf('access_by_lua_block'), 'error');
});

/** What people have in front of Portainer and Nomad. */
const needed = `
  http server listen server_name location proxy_pass proxy_set_header proxy_http_version proxy_method
  proxy_pass_request_headers proxy_pass_request_body proxy_hide_header proxy_pass_header proxy_redirect
  proxy_cookie_domain proxy_cookie_path proxy_cookie_flags proxy_buffering proxy_request_buffering
  proxy_connect_timeout proxy_send_timeout proxy_read_timeout proxy_next_upstream proxy_next_upstream_timeout
  proxy_next_upstream_tries proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_name
  proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_verify
  proxy_socket_keepalive proxy_intercept_errors upstream ip_hash least_conn hash random keepalive
  keepalive_requests keepalive_time keepalive_timeout sticky zone map set return rewrite if error_page
  add_header client_max_body_size client_body_timeout client_header_timeout large_client_header_buffers
  merge_slashes access_log log_format ssl_certificate ssl_certificate_key ssl_protocols ssl_ciphers
  ssl_client_certificate ssl_verify_client auth_basic auth_basic_user_file auth_request auth_request_set
  allow deny satisfy set_real_ip_from real_ip_header real_ip_recursive resolver worker_shutdown_timeout
  include`
  .trim()
  .split(/\s+/);

describe('what people have in front of their applications', () => {
  test('is done', () => {
    assert.deepEqual(
      needed.filter((name) => !done.has(name)),
      [],
    );
  });

  test('has no effect where it is about buffers and sessions that are not there', () => {
    for (const name of [
      'proxy_buffer_size',
      'proxy_buffers',
      'proxy_busy_buffers_size',
      'proxy_ssl_session_reuse',
      'keepalive_disable',
      'user',
      'pid',
      'daemon',
      'events',
      'worker_processes',
      'worker_connections',
    ]) {
      assert.equal(supportOf(name), 'no-effect', name);
    }
  });
});
