/** Directives that decide who gets in, how often, and who the client is. */
import {
  block,
  choice,
  type DirectiveSpec,
  everywhere,
  flag,
  http,
  list,
  many,
  quantity,
  serverLocation,
  set,
  template,
  text,
} from './spec.ts';

const withLimitExcept = [...everywhere, 'limit_except'] as const;
const logLevels = ['info', 'notice', 'warn', 'error'] as const;

export const accessDirectives: readonly DirectiveSpec[] = [
  // ngx_http_access_module: one list of rules, the first that matches decides.
  list('allow', withLimitExcept, 1, { group: 'access' }),
  list('deny', withLimitExcept, 1, { group: 'access' }),
  choice('satisfy', everywhere, ['all', 'any'], { default: 'all' }),
  quantity('time', 'auth_delay', everywhere, { default: '0s' }),

  template('auth_basic', withLimitExcept, { default: 'off' }),
  template('auth_basic_user_file', withLimitExcept),
  text('auth_request', everywhere, 1, { default: 'off' }),
  list('auth_request_set', everywhere, 2, { templates: [1] }),

  list('limit_conn', everywhere, 2),
  flag('limit_conn_dry_run', everywhere, { default: 'off' }),
  choice('limit_conn_log_level', everywhere, logLevels, { default: 'error' }),
  quantity('number', 'limit_conn_status', everywhere, { default: '503' }),
  list('limit_conn_zone', http, 2, { templates: [0] }),
  list('limit_req', everywhere, [1, 3]),
  flag('limit_req_dry_run', everywhere, { default: 'off' }),
  choice('limit_req_log_level', everywhere, logLevels, { default: 'error' }),
  quantity('number', 'limit_req_status', everywhere, { default: '503' }),
  list('limit_req_zone', http, 3, { templates: [0] }),

  text('real_ip_header', everywhere, 1, { default: 'X-Real-IP' }),
  flag('real_ip_recursive', everywhere, { default: 'off' }),
  list('set_real_ip_from', everywhere, 1),

  quantity('number', 'referer_hash_bucket_size', serverLocation, { default: '64' }),
  quantity('number', 'referer_hash_max_size', serverLocation, { default: '2048' }),
  list('valid_referers', serverLocation, [1, many]),

  template('secure_link', everywhere),
  template('secure_link_md5', everywhere),
  text('secure_link_secret', everywhere, 1),

  // ngx_http_userid_module: who the client was last time.
  choice('userid', everywhere, ['off', 'log', 'v1', 'on'], { default: 'off' }),
  text('userid_domain', everywhere, 1, { default: 'none' }),
  text('userid_expires', everywhere, 1, { default: 'off' }),
  set(
    'userid_flags',
    everywhere,
    ['off', 'secure', 'httponly', 'samesite=strict', 'samesite=lax', 'samesite=none'],
    { count: [1, 3], default: 'off' },
  ),
  text('userid_mark', everywhere, 1, { default: 'off' }),
  text('userid_name', everywhere, 1, { default: 'uid' }),
  text('userid_p3p', everywhere, 1, { default: 'none' }),
  text('userid_path', everywhere, 1, { default: '/' }),
  quantity('number', 'userid_service', everywhere),

  block('geo', http, [1, 2]),
];
