/** Who gets in. */
import { ask, type PeerCase } from '../peer-case.ts';

const basic = (credentials: string) =>
  `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;

export const accessCases: readonly PeerCase[] = [
  {
    name: 'allow and deny are looked at in order, by the address of the client',
    server: `
      location /a { deny 127.0.0.2; allow 127.0.0.0/24; deny all; return 200 "never asked"; }
      location /p { deny 127.0.0.2; allow 127.0.0.0/29; deny all; proxy_pass http://UP_A; }
      location /open { proxy_pass http://UP_A; }
    `,
    asks: [
      { line: 'GET /p', from: '127.0.0.1' },
      { line: 'GET /p', from: '127.0.0.2' },
      { line: 'GET /p', from: '127.0.0.9' },
      { line: 'GET /open', from: '127.0.0.9' },
      { line: 'GET /a', from: '127.0.0.2' },
    ],
  },
  {
    name: 'auth_basic asks for a password of its file',
    server: `
      auth_basic "the realm";
      auth_basic_user_file FOLDER/users;
      location / { proxy_pass http://UP_A; }
      location /off { auth_basic off; proxy_pass http://UP_A; }
      location /nofile { auth_basic_user_file FOLDER/no-such-file-of-$host; proxy_pass http://UP_A; }
    `,
    asks: [
      'GET /',
      ask('GET /', basic('apr:secret')),
      ask('GET /', basic('apr:wrong')),
      ask('GET /', basic('sha:secret')),
      ask('GET /', basic('plain:secret')),
      ask('GET /', basic('sha512:secret')),
      ask('GET /', basic('nobody:secret')),
      ask('GET /', 'Authorization: Bearer abc'),
      ask('GET /', 'Authorization: Basic !!!'),
      'GET /off',
      ask('GET /nofile', basic('apr:secret')),
    ],
  },
  {
    name: 'satisfy lets in by all or by any',
    server: `
      auth_basic closed;
      auth_basic_user_file FOLDER/users;
      location /all { satisfy all; allow 127.0.0.1; deny all; proxy_pass http://UP_A; }
      location /any { satisfy any; allow 127.0.0.1; deny all; proxy_pass http://UP_A; }
    `,
    asks: [
      { line: 'GET /all' },
      { line: 'GET /all', from: '127.0.0.9', headers: [basic('apr:secret')] },
      { line: 'GET /all', headers: [basic('apr:secret')] },
      { line: 'GET /any' },
      { line: 'GET /any', from: '127.0.0.9' },
      { line: 'GET /any', from: '127.0.0.9', headers: [basic('apr:secret')] },
    ],
  },
  {
    name: 'auth_request asks another location first',
    server: `
      location /guarded {
        auth_request /auth;
        auth_request_set $who $upstream_http_x_user;
        proxy_set_header X-Who $who;
        proxy_set_header Cookie $http_cookie;
        proxy_pass http://UP_A;
      }
      location = /auth {
        internal;
        proxy_pass http://UP_B/check;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-URI $request_uri;
        proxy_set_header X-Original-Method $request_method;
      }
    `,
    asks: [
      ask('GET /guarded/x', 'X-Answer-Field: X-User: ada'),
      ask('GET /guarded/x', 'X-Answer-Status: 401', 'X-Answer-Field: WWW-Authenticate: Bearer'),
      ask('GET /guarded/x', 'X-Answer-Status: 403'),
      ask('GET /guarded/x', 'X-Answer-Status: 500'),
      ask('GET /guarded/x', 'X-Answer-Status: 302', 'X-Answer-Field: Location: /login'),
      'GET /auth',
      { line: 'POST /guarded/x', headers: ['Content-Length: 5'], body: 'hello' },
    ],
  },
  {
    name: 'trusted proxies say who the client is',
    server: `
      set_real_ip_from 127.0.0.0/24;
      set_real_ip_from 10.0.0.0/8;
      real_ip_header X-Forwarded-For;
      real_ip_recursive on;
      location / { return 200 "$remote_addr $realip_remote_addr"; }
      location /who { allow 192.0.2.1; deny all; proxy_set_header X-Real-IP $remote_addr; proxy_pass http://UP_A; }
    `,
    asks: [
      'GET /',
      ask('GET /', 'X-Forwarded-For: 192.0.2.1'),
      ask('GET /', 'X-Forwarded-For: 192.0.2.1, 198.51.100.2, 10.1.1.1'),
      ask('GET /', 'X-Forwarded-For: garbage, 10.1.1.1'),
      ask('GET /', 'X-Forwarded-For: 2001:db8::1'),
      ask('GET /who', 'X-Forwarded-For: 192.0.2.1'),
      ask('GET /who', 'X-Forwarded-For: 192.0.2.2'),
    ],
  },
  {
    name: 'the PROXY protocol says who the client is, to those who believe it',
    servers: `
      server { listen 127.0.0.1:PORT proxy_protocol; server_name told.test; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
        location / { return 200 "$remote_addr $proxy_protocol_addr $realip_remote_addr"; }
        location /guarded { deny 192.0.2.1; proxy_pass http://UP_A; } }
      server { listen 127.0.0.1:PORT proxy_protocol; server_name unbelieving.test; location / { return 200 "$remote_addr $proxy_protocol_addr"; } }
    `,
    asks: [
      'PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nGET / HTTP/1.1\r\nHost: told.test\r\nConnection: close\r\n\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nGET /guarded HTTP/1.1\r\nHost: told.test\r\nConnection: close\r\n\r\n',
      'PROXY TCP4 192.0.2.3 192.0.2.2 1234 80\r\nGET /guarded HTTP/1.1\r\nHost: told.test\r\nConnection: close\r\n\r\n',
      'PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nHost: told.test\r\nConnection: close\r\n\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nGET / HTTP/1.1\r\nHost: unbelieving.test\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: told.test\r\nConnection: close\r\n\r\n',
    ].map((raw) => ({ line: 'GET', raw, to: 'PORT' }) as const),
  },
  {
    name: 'what is inherited can be taken back inside',
    server: `
      auth_basic closed;
      auth_basic_user_file FOLDER/users;
      deny 127.0.0.9;
      location /a/ {
        proxy_pass http://UP_A;
        location /a/open/ { auth_basic off; allow all; proxy_pass http://UP_A; }
        location /a/deeper/ { proxy_pass http://UP_A; location ~ open$ { auth_basic off; proxy_pass http://UP_A; } }
      }
    `,
    asks: ['/a/', '/a/open/', '/a/deeper/', '/a/deeper/open'].flatMap((path) => [
      { line: `GET ${path}` },
      { line: `GET ${path}`, from: '127.0.0.9' },
    ]),
  },
  {
    name: 'a variable may depend on the network of an address',
    http: `
      geo $place { default elsewhere; 127.0.0.0/8 local; 127.0.0.2 second; 127.0.3.0/24 third; 127.0.3.0/24 again; 2001:db8::/32 six; }
      geo $arg_from $asked { 10.0.0.0/8 ten; 10.1.0.0/16 "new office"; ::1 loopback; }
      map $place $limited_key { second $binary_remote_addr; default ""; }
      limit_req_zone $limited_key zone=placed:1m rate=1r/m;
    `,
    server: `
      limit_req zone=placed;
      location / { proxy_pass http://UP_A; proxy_set_header X-Place "$place, $asked."; }
    `,
    asks: [
      ...['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.3.1'].map((from) => ({
        line: 'GET /',
        from,
      })),
      ...['10.2.3.4', '10.1.2.3', '::1', '192.0.2.1', 'nothing'].map(
        (from) => `GET /?from=${from}`,
      ),
    ],
  },
];
