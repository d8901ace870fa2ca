/** What an upstream is asked: the target and the fields. */
import { ask, type PeerCase } from '../peer-case.ts';

export const forwardingCases: readonly PeerCase[] = [
  {
    name: 'without a URI the target goes as the client sent it',
    server: 'location / { proxy_pass http://UP_A; }',
    asks: ['/', '/a%2Fb//c/../d?e=%20&f', '/%7Euser', '/a;b=c', "/a'b(c)*!", '/?a=b?c'].map(
      (path) => `GET ${path}`,
    ),
  },
  {
    name: 'a URI replaces the prefix of the normalised path',
    server: `
      location /name/ { proxy_pass http://UP_A/remote/; }
      location /bare { proxy_pass http://UP_A/remote/; }
      location /bare/ { proxy_pass http://UP_A/; }
      location = /exact { proxy_pass http://UP_A/other?x=1; }
    `,
    asks: [
      '/name/x',
      '/name/a%20b%2Fc?q=%20',
      '/name/a//b/../c',
      '/name/%3F%23%25',
      '/bare/x',
      '/bare',
      '/bare/',
      '/bare/caf%C3%A9',
      '/bare/"quoted"',
      '/bare/%22%3C%3E%5C%5E%60%7B%7C%7D',
      '/exact?y',
      '/exact',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'a proxied path without its slash is redirected to it',
    server:
      'location /app/ { proxy_pass http://UP_A; } location /own/ { return 200 "own"; } location / { return 200 "root"; }',
    asks: ['GET /app', 'GET /app?x=1', 'POST /app', 'GET /own', 'GET /app/'],
  },
  {
    name: 'the fields that nginx writes by itself, and those that pass',
    server: 'location / { proxy_pass http://UP_A; }',
    asks: [
      ask(
        'GET /',
        'X-One: 1',
        'X-Two:   padded  ',
        'Cookie: a=b',
        'Authorization: Basic YTpi',
        'Accept: */*',
      ),
      ask('GET /', 'X-Dup: 1', 'X-Dup: 2', 'Keep-Alive: 5', 'TE: trailers'),
      ask('GET /', 'Upgrade: h2c', 'Referer: http://a/', 'X-Forwarded-For: 1.2.3.4'),
      { line: 'POST /', headers: ['Content-Type: text/plain', 'Content-Length: 5'], body: 'hello' },
      { line: 'DELETE /x' },
      { line: 'OPTIONS /x' },
      { line: 'PATCH /x', headers: ['Content-Length: 2'], body: 'ab' },
    ],
  },
  {
    name: 'proxy_set_header takes the place of fields, empty ones leave them out, and a level of its own forgets the others',
    server: `
      proxy_set_header X-Outer outer;
      proxy_set_header Host $http_host;
      location /inherits { proxy_pass http://UP_A; }
      location /own {
        proxy_set_header X-Inner "$remote_addr $scheme $request_method";
        proxy_set_header Accept-Encoding "";
        proxy_set_header Cookie "seen=$cookie_seen";
        proxy_pass http://UP_A;
      }
      location /usual {
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $host;
        proxy_set_header X-Forwarded-Port $server_port;
        proxy_pass http://UP_A;
      }
      location /host { proxy_set_header Host $proxy_host; proxy_pass http://UP_B; }
    `,
    asks: [
      ask('GET /inherits', 'X-Outer: mine'),
      ask('GET /own', 'X-Inner: mine', 'Accept-Encoding: gzip', 'Cookie: a=b; seen=yes'),
      ask(
        'GET /usual',
        'X-Forwarded-For: 10.0.0.1',
        'X-Forwarded-For: 10.0.0.2',
        'X-Real-IP: 9.9.9.9',
      ),
      'GET /usual',
      'GET /host',
    ],
  },
  {
    name: 'the method, the fields and the body can be other than the client’s',
    server: `
      location /method { proxy_method PUT; proxy_pass http://UP_A; }
      location /nofields { proxy_pass_request_headers off; proxy_pass http://UP_A; }
      location /nobody { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://UP_A; }
      location /body { proxy_set_body "own $request_method"; proxy_pass http://UP_A; }
    `,
    asks: [
      'GET /method',
      ask('GET /nofields', 'X-Any: 1', 'Cookie: a=b'),
      { line: 'POST /nobody', headers: ['Content-Length: 5'], body: 'hello' },
      { line: 'POST /body', headers: ['Content-Length: 5'], body: 'hello' },
      'GET /body',
    ],
  },
  {
    name: 'an upstream may be asked with HEAD for what a client gets, and with GET for what it does not',
    http: 'upstream one.kept.test { server UP_A; keepalive 1; }',
    server: `
      proxy_http_version 1.1; proxy_set_header Connection "";
      location /head { proxy_method HEAD; proxy_pass http://one.kept.test; }
      location /get { proxy_method GET; proxy_pass http://one.kept.test; }
    `,
    asks: [
      'GET /head',
      ask('GET /head', 'X-Answer-Status: 404'),
      ask('GET /head', 'X-Answer-Status: 304'),
      'HEAD /head',
      'HEAD /get',
      'GET /get',
    ],
  },
  {
    name: 'Unix sockets and groups are upstreams, named by what Host says',
    http: 'upstream group.peers { server UP_A; keepalive 4; }',
    server: `
      location /group { proxy_pass http://group.peers; }
      location /group/ { proxy_pass http://group.peers/x/; }
    `,
    asks: ['GET /group', 'GET /group/a'],
  },
  {
    name: 'variables of the request have nginx’s values',
    server: `
      location / {
        return 200 "args=$args arg_a=$arg_a cookie_c=$cookie_c http_x_y=$http_x_y host=$host
          method=$request_method uri=$uri document_uri=$document_uri request_uri=$request_uri query=$query_string
          scheme=$scheme https=$https protocol=$server_protocol name=$server_name request=$request
          remote=$remote_addr user=$remote_user length=$content_length type=$content_type addr=$server_addr";
      }
    `,
    asks: [
      ask(
        'GET /a%20b?a=1&b=2',
        'Cookie: c=see; d=e',
        'X-Y: field',
        'Authorization: Basic dXNlcjpwYXNz',
      ),
      ask('GET /?A=upper', 'Content-Type: text/x'),
      { line: 'POST /p', headers: ['Content-Length: 3', 'Content-Type: a/b'], body: 'abc' },
    ],
  },
  {
    name: 'fields of http and server hold where a location and those around it have none',
    http: 'proxy_set_header X-From-Http http;',
    server: `
      location /a/ {
        proxy_pass http://UP_A;
        location /a/b/ { proxy_set_header X-From-B b; proxy_pass http://UP_A; location /a/b/c/ { proxy_pass http://UP_A; } }
      }
      location /regex { location ~ ^/regex/(?<id>[0-9]+)$ { proxy_set_header X-Id $id; proxy_pass http://UP_A; } proxy_pass http://UP_B; }
    `,
    asks: ['/a/', '/a/b/', '/a/b/c/', '/regex/42', '/regex/no'].map((path) => `GET ${path}`),
  },
];
