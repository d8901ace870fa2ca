/** Groups of servers, failures, and TLS towards them. */
import { ask, type PeerCase } from '../peer-case.ts';

const times = (count: number, line: string) => Array.from({ length: count }, () => line);

export const upstreamCases: readonly PeerCase[] = [
  {
    name: 'servers have their share by weight',
    http: 'upstream weighted.test { zone weighted 64k; server UP_A weight=3; server UP_B; }',
    server: 'location / { proxy_pass http://weighted.test; }',
    asks: times(8, 'GET /'),
  },
  {
    name: 'the next server is asked when one cannot be reached, and is left alone for a while',
    http: `
      upstream failing.test { server UP_NONE max_fails=1 fail_timeout=60s; server UP_A; }
      upstream down.test { server UP_A down; server UP_B; }
      upstream backed.test { server UP_NONE; server UP_B backup; }
    `,
    server: `
      location /failing { proxy_pass http://failing.test; }
      location /down { proxy_pass http://down.test; }
      location /backed { proxy_pass http://backed.test; }
    `,
    asks: [...times(3, 'GET /failing'), ...times(2, 'GET /down'), ...times(2, 'GET /backed')],
  },
  {
    name: 'answers send a request to the next server where they are listed',
    http: 'upstream answering.test { server UP_A max_fails=0; server UP_B max_fails=0; }',
    server: `
      location /next { proxy_next_upstream error http_503; proxy_next_upstream_tries 2; proxy_pass http://answering.test; }
      location /stay { proxy_next_upstream error; proxy_pass http://answering.test; }
      location /once { proxy_next_upstream http_503; proxy_next_upstream_tries 1; proxy_next_upstream_timeout 5s; proxy_pass http://answering.test; }
    `,
    asks: [
      ask('GET /next', 'X-Answer-Status: 503'),
      ask('GET /stay', 'X-Answer-Status: 503'),
      ask('GET /once', 'X-Answer-Status: 503'),
    ],
  },
  {
    name: 'a server is chosen by a key, and the same one for the same key',
    http: `
      upstream hashed.test { hash $arg_key; server UP_A; server UP_B; }
      upstream even.test { hash $arg_key consistent; server UP_A; }
      upstream addressed.test { ip_hash; server UP_A; server UP_B; }
      upstream idle.test { least_conn; server UP_A; server UP_B; keepalive 4; keepalive_requests 2; keepalive_time 1m; keepalive_timeout 5s; }
      upstream lucky.test { random two least_conn; server UP_A; }
    `,
    server: `
      location /hashed { proxy_pass http://hashed.test; }
      location /even { proxy_pass http://even.test; }
      location /addressed { proxy_pass http://addressed.test; }
      location /idle { proxy_pass http://idle.test; }
      location /lucky { proxy_pass http://lucky.test; }
    `,
    asks: [
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((key) => `GET /hashed?key=${key}`),
      'GET /even?key=a',
      { line: 'GET /addressed', from: '127.0.0.1' },
      { line: 'GET /addressed', from: '127.0.7.1' },
      { line: 'GET /addressed', from: '127.3.7.1' },
      ...times(4, 'GET /idle'),
      'GET /lucky',
    ],
  },
  {
    name: 'an upstream that says nothing is given up after proxy_read_timeout',
    server: `
      location /silent { proxy_connect_timeout 1s; proxy_send_timeout 1s; proxy_read_timeout 1s; proxy_pass http://UP_SILENT; }
      location /kept { proxy_socket_keepalive on; proxy_pass http://UP_A; }
    `,
    asks: ['GET /silent', 'GET /kept'],
  },
  {
    name: 'buffering changes nothing that is answered, nor does the version that upstreams are asked in',
    server: `
      location /unbuffered { proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://UP_A; }
      location /buffered { proxy_buffering on; proxy_buffers 4 4k; proxy_buffer_size 4k; proxy_pass http://UP_A; }
    `,
    asks: [
      'GET /unbuffered',
      { line: 'POST /unbuffered', headers: ['Content-Length: 5'], body: 'hello' },
      'GET /buffered',
    ],
  },
  {
    name: 'proxy_pass_header passes what nginx keeps to itself',
    server: 'location / { proxy_pass_header X-Accel-Expires; proxy_pass http://UP_A; }',
    asks: [ask('GET /', 'X-Answer-Field: X-Accel-Expires: 5 || X-Accel-Charset: utf-8')],
  },
  {
    name: 'X-Accel-Redirect of an upstream leads to another location',
    server: `
      location / { proxy_pass http://UP_A; }
      location /inside/ { internal; return 200 "inside"; }
    `,
    asks: [ask('GET /', 'X-Answer-Field: X-Accel-Redirect: /inside/x')],
  },
  {
    name: 'an address with variables is looked up for each request',
    http: 'upstream named.by.variable { server UP_B; }',
    server: `
      location /address { set $there UP_A; proxy_pass http://$there; }
      location /uri { set $there UP_A; proxy_pass http://$there/fixed?from=$arg_x; }
      location /group { set $group named.by.variable; proxy_pass http://$group; }
      location /name { resolver 127.0.0.1:9 valid=10s; resolver_timeout 1s; proxy_pass http://no-such-host.$arg_x.test; }
    `,
    asks: ['GET /address/a?b', 'GET /uri/a?x=1', 'GET /group/a', 'GET /name?x=1'],
  },
  {
    name: 'certificates of upstreams may be revoked, or too far from their authority',
    server: `
      proxy_ssl_session_reuse off;
      proxy_ssl_verify on; proxy_ssl_trusted_certificate FOLDER/root.pem; proxy_ssl_name far.test;
      location /far { proxy_pass https://UP_FAR; }
      location /farther { proxy_ssl_verify_depth 2; proxy_pass https://UP_FAR; }
      location /listed { proxy_ssl_verify_depth 2; proxy_ssl_crl FOLDER/lists.crl; proxy_pass https://UP_FAR; }
      location /gone { proxy_ssl_name gone.test; proxy_pass https://UP_GONE; }
      location /revoked { proxy_ssl_name gone.test; proxy_ssl_crl FOLDER/lists.crl; proxy_pass https://UP_GONE; }
      location /unverified { proxy_ssl_verify off; proxy_ssl_crl FOLDER/lists.crl; proxy_pass https://UP_GONE; }
    `,
    asks: ['/far', '/farther', '/listed', '/gone', '/revoked', '/unverified'].map(
      (path) => `GET ${path}`,
    ),
  },
  {
    name: 'a key for upstreams may have a passphrase, and OpenSSL may be told more',
    server: `
      proxy_ssl_session_reuse off;
      location /locked { proxy_ssl_certificate FOLDER/client.pem; proxy_ssl_certificate_key FOLDER/client.locked; proxy_ssl_password_file FOLDER/passphrases; proxy_pass https://UP_TLS; }
      location /old { proxy_ssl_conf_command MaxProtocol TLSv1.1; proxy_pass https://UP_TLS; }
      location /suites { proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; proxy_ssl_conf_command Groups P-256; proxy_pass https://UP_TLS; }
    `,
    asks: ['GET /locked', 'GET /old', 'GET /suites'],
  },
  {
    name: 'the name of an upstream’s certificate may have variables',
    http: 'upstream named.up.test { server UP_TLS; }',
    server: `
      proxy_ssl_session_reuse off;
      proxy_ssl_server_name on; proxy_ssl_name $arg_name;
      location / { proxy_pass https://UP_TLS; }
      location /uri/ { proxy_pass https://UP_TLS/moved/; }
      location /group { proxy_ssl_name $host; proxy_pass https://named.up.test; }
      location /port { proxy_ssl_name $http_host:8443; proxy_pass https://named.up.test; }
      location /verified { proxy_ssl_verify on; proxy_ssl_trusted_certificate FOLDER/server.pem; proxy_pass https://UP_TLS; }
      location /variable { set $there UP_TLS; proxy_pass https://$there; }
      location /plain { proxy_pass http://UP_A; }
    `,
    asks: [
      ...['/?name=a.test', '/?name=b.test', '/?name=a.test', '/', '/uri/x?name=c.test', '/group'],
      ...['/port', '/verified?name=app.test', '/verified?name=else.where', '/verified'],
      ...['/variable?name=d.test', '/plain?name=e.test'],
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'names are looked up for addresses of the wanted kind',
    // The address is known to the log here once the first request has found it out.
    http: `
      map UP_A $port_of_a { ~:(?<digits>[0-9]+)$ $digits; }
      map $uri $asked_address { /four/again $upstream_addr; }
    `,
    server: `
      add_header X-Asked $asked_address always;
      location /four { resolver NAMES ipv6=off valid=10s; proxy_pass http://both.names.test:$port_of_a; }
    `,
    asks: ['GET /four', 'GET /four/again', 'GET /four/again'],
  },
  {
    name: 'TLS to upstreams is not verified and names nobody, unless it is told to',
    server: `
      proxy_ssl_session_reuse off;
      location /usual { proxy_pass https://UP_TLS; }
      location /named { proxy_ssl_server_name on; proxy_ssl_name app.test; proxy_pass https://UP_TLS; }
      location /verified { proxy_ssl_verify on; proxy_ssl_name app.test; proxy_ssl_trusted_certificate FOLDER/server.pem; proxy_pass https://UP_TLS; }
      location /wrong-name { proxy_ssl_verify on; proxy_ssl_name else.where; proxy_ssl_trusted_certificate FOLDER/server.pem; proxy_pass https://UP_TLS; }
      location /wrong-authority { proxy_ssl_verify on; proxy_ssl_name app.test; proxy_ssl_trusted_certificate FOLDER/client.pem; proxy_pass https://UP_TLS; }
      location /shown { proxy_ssl_certificate FOLDER/client.pem; proxy_ssl_certificate_key FOLDER/client.key; proxy_pass https://UP_TLS; }
      location /old { proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers HIGH; proxy_pass https://UP_TLS; }
      location /plain { proxy_pass https://UP_A; }
    `,
    asks: [
      '/usual',
      '/named',
      '/verified',
      '/wrong-name',
      '/wrong-authority',
      '/shown',
      '/old',
      '/plain',
    ].map((path) => `GET ${path}`),
  },
];
