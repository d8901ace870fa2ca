/** The lines of access logs. */
import { ask, type PeerCase } from '../peer-case.ts';

export const logCases: readonly PeerCase[] = [
  {
    name: 'the combined format',
    server: `
      access_log FOLDER/logs/combined.log combined;
      location / { return 200 "text"; }
      location /up { proxy_http_version 1.1; proxy_pass http://UP_A; }
      location /quiet { access_log off; return 200 "quiet"; }
    `,
    asks: [
      'GET /',
      ask('GET /a?b=c', 'Referer: http://a.test/"x"', 'User-Agent: \u00e9 \\ agent'),
      ask('GET /up', 'Authorization: Basic dXNlcjpwYXNz', 'X-Answer-Body: four'),
      'GET /quiet',
    ],
    log: 'logs/combined.log',
  },
  {
    name: 'formats of one’s own, escaped in three ways, and lines only for some',
    http: `
      map $status $is_error { default 1; ~^[23] 0; }
      log_format plain.format '$remote_addr $request_method $uri $args $status "$http_x_a"'
                              ' $upstream_status $sent_http_x_b $is_error';
      log_format json.format escape=json '{"uri":"$uri","a":"$http_x_a","none":"$arg_none"}';
      log_format raw.format escape=none '$http_x_a';
    `,
    server: `
      access_log FOLDER/logs/own.log plain.format;
      location / { proxy_pass http://UP_A; }
      location /json { access_log FOLDER/logs/own.log json.format; return 200 "x"; }
      location /raw { access_log FOLDER/logs/own.log raw.format; return 200 "x"; }
      location /errors { access_log FOLDER/logs/own.log plain.format if=$is_error; proxy_pass http://UP_A; }
    `,
    asks: [
      ask('GET /a?b=c', 'X-A: "quoted" \\', 'X-Answer-Field: X-B: b', 'X-Answer-Body: x'),
      ask('GET /json', 'X-A: "quoted" \\ \u00e9\ttab'),
      ask('GET /raw', 'X-A: "quoted" \\'),
      ask('GET /errors', 'X-Answer-Status: 404', 'X-Answer-Body: x'),
      ask('GET /errors', 'X-Answer-Body: x'),
    ],
    log: 'logs/own.log',
  },
  {
    name: 'fields are told as they were sent, and lengths of what upstreams have answered',
    http: `
      log_format sent '$uri [$sent_http_location] [$sent_http_x_up] [$upstream_response_length] [$sent_http_content_type]';
      log_format went '$uri [$sent_http_location]';
      map $sent_http_content_type $kind { default other; ~^text/plain plain; "" none; }
    `,
    server: `
      access_log FOLDER/logs/sent.log sent; add_header X-Kind $kind always;
      location / { proxy_pass http://UP_A; proxy_intercept_errors on; error_page 404 /page; }
      location = /page { default_type a/b; return 200 "page"; }
      location /slash/ { add_header X-Own own; access_log FOLDER/logs/sent.log went; proxy_pass http://UP_A; }
      location /moved { add_header X-Own own; access_log FOLDER/logs/sent.log went; return 301 /to; }
      location /text { return 200 "text"; }
    `,
    asks: [
      ask('GET /', 'X-Answer-Field: X-Up: up || Content-Type: text/plain', 'X-Answer-Body: four'),
      ask('GET /x', 'X-Answer-Status: 404', 'X-Answer-Field: X-Up: up', 'X-Answer-Body: none'),
      'GET /text',
      'GET /slash',
      'GET /moved',
    ],
    log: 'logs/sent.log',
  },
  {
    name: 'every server that was asked is in the line, and how long a request was',
    http: `
      log_format asked '$uri $args [$upstream_status] [$upstream_addr] $request_length';
      upstream first.none.test { server UP_NONE max_fails=0; server UP_A backup; }
      upstream both.none.test { server UP_NONE; }
    `,
    server: `
      access_log FOLDER/logs/asked.log asked;
      location / { proxy_pass http://first.none.test; proxy_next_upstream error http_503; }
      location /none { proxy_pass http://UP_NONE; }
      location /dead { proxy_pass http://both.none.test; }
      location /page { proxy_pass http://UP_NONE; error_page 502 = @page; }
      location /intercepted { proxy_intercept_errors on; proxy_pass http://UP_B; error_page 404 = /page-of-a-file; }
      location /text { return 200 "text"; }
      location @page { proxy_pass http://first.none.test; }
    `,
    asks: [
      'GET /',
      ask('GET /a', 'X-Answer-Status: 503'),
      'GET /none',
      'GET /dead',
      'GET /dead',
      'GET /page',
      ask('GET /intercepted', 'X-Answer-Status: 404'),
      'GET /text?with=a&query',
      'GET /text?',
      { line: 'POST /', headers: ['Content-Length: 5'], body: 'hello' },
    ],
    log: 'logs/asked.log',
  },
];
