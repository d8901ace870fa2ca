/** How long clients may take. */
import type { PeerCase } from '../peer-case.ts';

export const limitCases: readonly PeerCase[] = [
  {
    name: 'a client that does not finish its head or body is not waited for',
    servers: `
      server { listen 127.0.0.1:PORT; server_name hasty.test; client_header_timeout 1s; client_body_timeout 1s;
        client_header_buffer_size 1k; large_client_header_buffers 2 1k;
        location / { proxy_pass http://UP_A; } }
    `,
    asks: [
      { line: 'GET', raw: 'GET / HTTP/1.1\r\nHost: hasty.test\r\nX-Unfin', to: 'PORT' },
      {
        line: 'POST',
        raw: 'POST / HTTP/1.1\r\nHost: hasty.test\r\nContent-Length: 10\r\n\r\nfour',
        to: 'PORT',
      },
    ],
  },
  {
    name: 'a head may be as large as the default server of the address says',
    servers: `
      server { listen 127.0.0.1:PORT; server_name narrow.test; location / { return 200 "fits"; } }
    `,
    asks: [
      { line: 'GET /', host: 'narrow.test', to: 'PORT', headers: [`X-Fits: ${'x'.repeat(900)}`] },
      { line: 'GET /', host: 'narrow.test', to: 'PORT', headers: [`X-Large: ${'x'.repeat(3000)}`] },
    ],
  },
  {
    name: 'requests above a rate and its burst are refused, by whatever key they are counted',
    http: `
      limit_req_zone $binary_remote_addr zone=addresses:1m rate=1r/m;
      limit_req_zone $arg_key zone=keys:1m rate=1r/m;
      limit_req_zone $http_x_user$uri zone=pairs:1m rate=2r/m;
    `,
    server: `
      limit_req zone=keys burst=1 nodelay; limit_req_status 429; error_page 498 /slow;
      location / { proxy_pass http://UP_A; }
      location /none { limit_req zone=keys; limit_req_status 404; proxy_pass http://UP_A; }
      location /page { limit_req zone=pairs; limit_req_status 498; proxy_pass http://UP_A; }
      location = /slow { limit_req zone=addresses; return 200 "$limit_req_status"; }
      location /both { limit_req zone=addresses burst=2 nodelay; limit_req zone=pairs burst=1 nodelay; proxy_pass http://UP_A; }
      location /silent { limit_req zone=keys; limit_req_status 444; proxy_pass http://UP_A; }
      location /dry { limit_req zone=keys; limit_req_dry_run on; limit_req_log_level warn; add_header X-Limited $limit_req_status; proxy_pass http://UP_A; }
      location /answered { return 200 "answered"; }
    `,
    asks: [
      ...['/?key=1', '/?key=1', '/?key=1', '/', '/', '/', '/?key=2', '/?key=2', '/none?key=2'],
      ...['/?key=3', '/none?key=3', '/none?key=4', '/answered?key=1', '/silent?key=1'],
      ...['/page', '/page', '/both', '/both', '/both', '/both/other', '/both/third', '/dry?key=9'],
      ...['/dry?key=9', '/dry?key=9'],
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'who is asked for authentication counts only once, and not what the rules answer',
    http: 'limit_req_zone $arg_key zone=asked:1m rate=1r/m;',
    server: `
      location / { auth_request /auth; proxy_pass http://UP_A; }
      location /counted { limit_req zone=asked; auth_request /auth; proxy_pass http://UP_A; }
      location = /auth { internal; limit_req zone=asked; proxy_pass http://UP_B; proxy_pass_request_body off; }
      location /led { limit_req zone=asked; rewrite ^/led/(.*)$ /$1 last; }
    `,
    asks: [
      '/?key=1',
      '/?key=1',
      '/counted?key=2',
      '/counted?key=2',
      '/led/?key=3',
      '/led/?key=4',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'a request that has to wait for its turn is answered all the same',
    http: 'limit_req_zone $server_name zone=turns:32k rate=20r/s;',
    server: `
      location / { limit_req zone=turns burst=5 delay=1; proxy_http_version 1.1; add_header X-Limited $limit_req_status; proxy_pass http://UP_A; }
      location /together { limit_req zone=turns burst=5; return 200 "never"; }
    `,
    asks: [
      {
        line: 'GET /',
        raw: `${'GET / HTTP/1.1\r\nHost: HOST\r\n\r\n'.repeat(3)}GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`,
      },
    ],
  },
  {
    name: 'requests of one key that are under way are counted, and given back',
    http: 'limit_conn_zone $arg_key zone=places:1m; limit_conn_zone $server_name zone=all:1m;',
    server: `
      limit_conn places 1; limit_conn_status 429; limit_conn_log_level notice;
      location / { auth_request /inner; add_header X-Limited "$limit_conn_status" always; proxy_pass http://UP_A; }
      location = /inner { internal; limit_conn places 1; proxy_pass http://UP_A/; proxy_pass_request_body off; }
      location /dry { limit_conn all 1; limit_conn_dry_run on; add_header X-Limited "$limit_conn_status"; proxy_pass http://UP_A; }
    `,
    asks: ['/?key=1', '/?key=1', '/', '/dry?key=1', '/dry'].map((path) => `GET ${path}`),
  },
];
