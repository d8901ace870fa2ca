/** What a client gets: fields, redirects, cookies, error pages. */
import { ask, type PeerCase } from '../peer-case.ts';

export const answerCases: readonly PeerCase[] = [
  {
    name: 'add_header is for some statuses, always for all, and a level of its own forgets the others',
    server: `
      add_header X-Outer outer;
      add_header X-Always "$upstream_status $status" always;
      location /inherits { proxy_pass http://UP_A; }
      location /own { add_header X-Inner inner; proxy_pass http://UP_A; }
      location /text { return 200 "text"; }
      location /missing { return 404; }
      location /empty { add_header X-Empty "$arg_none"; return 200 "x"; }
    `,
    asks: [
      'GET /inherits',
      ask('GET /inherits', 'X-Answer-Status: 404'),
      ask('GET /inherits', 'X-Answer-Status: 201'),
      'GET /own',
      ask('GET /own', 'X-Answer-Status: 500'),
      'GET /text',
      'GET /missing',
      'GET /empty',
    ],
  },
  {
    name: 'fields of the upstream are hidden or passed',
    server: `
      location /hide { proxy_hide_header X-Powered-By; proxy_hide_header Set-Cookie; proxy_pass http://UP_A; }
      location /usual { proxy_pass http://UP_A; }
    `,
    asks: [
      ask('GET /hide', 'X-Answer-Field: X-Powered-By: x || Set-Cookie: a=b || X-Kept: 1'),
      ask(
        'GET /usual',
        'X-Answer-Field: X-Accel-Expires: 1 || X-Kept: 1 || X-Pad: p || Set-Cookie: a=b || Set-Cookie: c=d',
      ),
    ],
  },
  {
    name: 'regular expressions for redirects and cookies name what they find',
    server: `
      location / {
        proxy_redirect ~^http://(?<there>[^/:]+)(?<rest>/.*)$ /at/$there$rest;
        proxy_cookie_domain ~^(?<label>[a-z]+)[.] $label.test;
        proxy_cookie_path ~^/(?<first>[^/]+) /p/$first;
        proxy_cookie_flags ~^(?<kind>s)e secure;
        add_header X-There $there;
        proxy_pass http://UP_A;
      }
    `,
    asks: [
      ask(
        'GET /',
        'X-Answer-Status: 302',
        'X-Answer-Field: Location: http://up.test/a?b || Set-Cookie: se=1; Path=/a/b; Domain=up.example',
      ),
      ask('GET /', 'X-Answer-Status: 302', 'X-Answer-Field: Location: /as/it/is'),
    ],
  },
  {
    name: 'a cookie that nothing applies to stays as it was written',
    server: `
      location / {
        proxy_cookie_domain up.test $host; proxy_cookie_path /a/ /b/; proxy_cookie_flags one secure;
        proxy_pass http://UP_A;
      }
      location /all { proxy_cookie_flags ~ samesite=lax; proxy_pass http://UP_A; }
      location /dots { proxy_cookie_domain ~^(.*)up[.]test$ [$1]; proxy_cookie_domain .a.test .b.test; proxy_cookie_domain c.test .$host; proxy_pass http://UP_A; }
    `,
    asks: [
      'q="a;b";Path=/',
      't = 1 ;  Path = /x ;HttpOnly',
      't = 1 ;  Path = /a/x ;HttpOnly',
      ' one = 1 ; Secure;Domain=.UP.test',
      'one=1; Path=/; Domain=.up.test;;Max-Age=',
      'word',
      '=value',
    ]
      .flatMap((cookie) =>
        ['GET /', 'GET /all'].map((line) => ask(line, `X-Answer-Field: Set-Cookie: ${cookie}`)),
      )
      .concat(
        ['.up.test', 'up.test', 'a.test', '.A.test', '.c.test', 'c.test'].map((domain) =>
          ask('GET /dots', `X-Answer-Field: Set-Cookie: a=b; Domain=${domain}`),
        ),
      ),
  },
  {
    name: 'redirects of the upstream point at the proxy',
    server: `
      location /default/ { proxy_pass http://UP_A/inner/; }
      location /plain/ { proxy_pass http://UP_A; }
      location /off/ { proxy_redirect off; proxy_pass http://UP_A/inner/; }
      location /own/ { proxy_redirect http://internal/ /own/; proxy_redirect ~^https://([^/]+)/(.*)$ /$1-$2; proxy_pass http://UP_A; }
      location /vars/ { proxy_redirect http://internal/ $scheme://$host/v/; proxy_pass http://UP_A; }
    `,
    asks: [
      ask(
        'GET /default/',
        'X-Answer-Status: 302',
        'X-Answer-Field: Location: http://UP_A/inner/x?y',
      ),
      ask('GET /default/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://elsewhere/x'),
      ask('GET /default/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: /inner/x'),
      ask('GET /plain/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://UP_A/plain/z'),
      ask('GET /off/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://UP_A/inner/x'),
      ask('GET /own/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://internal/a'),
      ask('GET /own/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: https://host/a/b'),
      ask('GET /own/', 'X-Answer-Field: Refresh: 5; url=http://internal/r'),
      ask('GET /vars/', 'X-Answer-Status: 301', 'X-Answer-Field: Location: http://internal/v'),
    ],
  },
  {
    name: 'cookies of the upstream are for the proxy',
    server: `
      location /d { proxy_cookie_domain internal.test $host; proxy_pass http://UP_A; }
      location /p { proxy_cookie_path /inner/ /outer/; proxy_pass http://UP_A; }
      location /f { proxy_cookie_flags sid httponly samesite=strict; proxy_cookie_flags ~ secure; proxy_pass http://UP_A; }
      location /n { proxy_cookie_flags ~^s nosecure; proxy_pass http://UP_A; }
    `,
    asks: [
      ask(
        'GET /d',
        'X-Answer-Field: Set-Cookie: a=b; Domain=.internal.test; Path=/ || Set-Cookie: c=d; domain=other.test',
      ),
      ask(
        'GET /p',
        'X-Answer-Field: Set-Cookie: a=b; Path=/inner/x || Set-Cookie: c=d; Path=/else',
      ),
      ask('GET /f', 'X-Answer-Field: Set-Cookie: sid=1; Path=/ || Set-Cookie: other=2'),
      ask('GET /n', 'X-Answer-Field: Set-Cookie: sid=1; Secure; HttpOnly'),
    ],
  },
  {
    name: 'what is hidden of an answer stays hidden when it would have been changed',
    server: `
      location / {
        proxy_hide_header Location; proxy_hide_header Refresh; proxy_hide_header Set-Cookie;
        proxy_redirect / /seen/; proxy_cookie_path / /seen/;
        proxy_pass http://UP_A;
      }`,
    asks: [
      ask(
        'GET /',
        'X-Answer-Field: Location: /a || Refresh: 1; url=/a || Set-Cookie: a=b; Path=/ || X-Other: 1',
      ),
    ],
  },
  {
    name: 'added fields tell of redirects as they were changed',
    server: `
      add_header X-Told "[$sent_http_location]" always;
      location / { proxy_redirect http://internal/ http://seen.test/; proxy_pass http://UP_A; }
    `,
    asks: [
      ask('GET /', 'X-Answer-Field: Location: http://internal/a'),
      ask('GET /', 'X-Answer-Status: 404', 'X-Answer-Field: Location: http://elsewhere/a'),
      'GET /',
    ],
  },
  {
    name: 'an answer has one ETag and one Last-Modified, that of the configuration or none',
    server: `
      location /own { add_header ETag '"own"'; add_header Last-Modified "Tue, 15 Nov 1994 12:45:26 GMT" always; proxy_pass http://UP_A; }
      location /none { add_header ETag ""; add_header Last-Modified "" always; proxy_pass http://UP_A; }
      location /timed { add_header ETag "" always; expires 1h; proxy_pass http://UP_A; }
      location /more { add_header Cache-Control private; add_header Link "</a>"; proxy_pass http://UP_A; }
    `,
    asks: ['/own', '/none', '/timed', '/more'].flatMap((path) =>
      [200, 404].map((status) =>
        ask(
          `GET ${path}`,
          `X-Answer-Status: ${status}`,
          'X-Answer-Field: ETag: "theirs" || Last-Modified: Wed, 16 Nov 1994 12:45:26 GMT || Cache-Control: no-store || Link: </b>',
        ),
      ),
    ),
  },
  {
    name: 'redirects may have pages, and pages may be redirects',
    server: `
      error_page 302 @redirected;
      error_page 303 307 =200 /page;
      error_page 301 https://other.test/slash;
      error_page 404 =410 /leads-on;
      error_page 403 /forbids;
      error_page 500 /forbids-in-words;
      location @redirected { return 200 "redirected $status"; }
      location = /page { return 200 "page"; }
      location = /leads-on { return 307 /elsewhere; }
      location = /forbids { return 401; }
      location = /forbids-in-words { return 401 "words"; }
      location /found { return 302 /to; }
      location /other { return 303 /to; }
      location /kept { return 308 /to; }
      location /rewritten { rewrite ^ /to redirect; }
      location /slash/ { proxy_pass http://UP_A; }
      location /missing { return 404; }
      location /forbidden { return 403; }
      location /broken { return 500; }
    `,
    asks: [
      '/found',
      '/other',
      '/kept',
      '/rewritten',
      '/slash',
      '/missing',
      '/forbidden',
      '/broken',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'error pages are a path, a named location, a URL, with their own status or another',
    server: `
      error_page 404 /sorry;
      error_page 403 =200 /allowed;
      error_page 502 = /from-page;
      error_page 410 https://other.test/gone;
      error_page 405 @named;
      error_page 500 503 =502 @named;
      location = /sorry { internal; return 200 "sorry $uri $status"; }
      location = /allowed { return 200 "allowed $status"; }
      location = /from-page { return 203 "from page $status"; }
      location @named { return 200 "named $uri $request_method $status"; }
      location /missing { return 404; }
      location /forbidden { return 403; }
      location /down { proxy_pass http://UP_NONE; }
      location /gone { return 410; }
      location /told { return 201 "$status"; }
      location /not-allowed { return 405; }
      location /unavailable { return 503; }
      location /passes { proxy_pass http://UP_A; }
      location /intercepts { proxy_intercept_errors on; proxy_pass http://UP_A; }
      location /fallback { proxy_intercept_errors on; error_page 404 = @other; proxy_pass http://UP_A; }
      location @other { proxy_pass http://UP_B; }
      location /loop { error_page 404 /loop/again; return 404; }
    `,
    asks: [
      'GET /missing',
      'GET /sorry',
      'GET /forbidden',
      'GET /down',
      'GET /gone',
      'GET /told',
      'GET /not-allowed',
      'POST /not-allowed',
      'GET /unavailable',
      ask('GET /passes', 'X-Answer-Status: 404'),
      ask('GET /intercepts', 'X-Answer-Status: 404'),
      ask('GET /intercepts', 'X-Answer-Status: 418'),
      ask('GET /fallback/x?y', 'X-Answer-Status: 404'),
      'GET /loop',
    ],
  },
  {
    name: 'a body may be as large as client_max_body_size says, one mebibyte unless it says otherwise',
    server: `
      location /small { client_max_body_size 4; proxy_pass http://UP_A; }
      location /usual { proxy_pass http://UP_A; }
      location /any { client_max_body_size 0; proxy_pass http://UP_A; }
    `,
    asks: [
      { line: 'POST /small', headers: ['Content-Length: 4'], body: 'four' },
      { line: 'POST /small', headers: ['Content-Length: 5'], body: 'fives' },
      { line: 'POST /usual', headers: ['Content-Length: 1048577'] },
      { line: 'POST /any', headers: ['Content-Length: 10'], body: '0123456789' },
    ],
  },
  {
    name: 'what nothing answers is not found, and what cannot be reached a bad gateway',
    server: 'location /down { proxy_pass http://UP_NONE; } location /only { return 200 "x"; }',
    asks: ['GET /down', 'GET /elsewhere'],
  },
  {
    name: 'error pages and added fields are inherited as a whole or not at all, through every depth',
    http: 'map $arg_none $empty { default ""; }',
    server: `
      error_page 404 /missing;
      error_page 403 @forbidden;
      add_header X-Level "server $empty" always;
      location = /missing { return 200 "missing"; }
      location @forbidden { return 200 "forbidden $status"; }
      location /a/ {
        return 404;
        location /a/own/ { error_page 403 /missing; location /a/own/deep/ { return 404; } location /a/own/denied/ { deny all; proxy_pass http://UP_A; } }
        location /a/fields/ { add_header X-Field 1 always; return 404; }
        location /a/denied/ { deny all; proxy_pass http://UP_A; }
      }
      location /b/ { error_page 404 =204 /missing; return 404; }
      location /c/ { proxy_intercept_errors on; error_page 401 /missing; proxy_pass http://UP_A; }
    `,
    asks: [
      'GET /a/',
      'GET /a/own/deep/',
      'GET /a/own/denied/',
      'GET /a/fields/',
      'GET /a/denied/',
      'GET /b/',
      ask('GET /c/', 'X-Answer-Status: 401', 'X-Answer-Field: WWW-Authenticate: Basic realm="x"'),
      ask('GET /c/', 'X-Answer-Status: 404'),
    ],
  },
  {
    name: 'redirects of the upstream point at the proxy in locations without a prefix, too',
    server: `
      location ~ ^/regex/ { proxy_pass http://UP_A; }
      location /named { try_files /nothing @named; }
      location @named { proxy_pass http://UP_A; }
    `,
    asks: ['/regex/', '/named'].map((path) =>
      ask(`GET ${path}`, 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://UP_A/inner/x'),
    ),
  },
  {
    name: 'fields may tell of a redirect of the configuration, and an empty type is none',
    server: `
      default_type "";
      add_header X-To $sent_http_location;
      location /to { return 302 /elsewhere; }
      location /url { return 301 https://other.test/; }
      location /text { return 200 "text"; }
    `,
    asks: ['GET /to', 'GET /url', 'GET /text'],
  },
  {
    name: 'the page of an error is asked for without the body of the request',
    server: `
      error_page 404 /page;
      location /missing { return 404; }
      location /page { proxy_pass http://UP_A; }
    `,
    asks: ['GET /missing', { line: 'POST /missing', headers: ['Content-Length: 4'], body: 'four' }],
  },
  {
    name: 'an upstream is told no host where the configuration says so',
    server: 'location / { proxy_set_header Host ""; proxy_pass http://UP_A; }',
    asks: ['GET /'],
  },
  {
    name: 'without a folder nothing is served, whatever the method',
    server: 'location /empty { }',
    asks: ['GET /empty', 'POST /empty', 'PROPFIND /other'],
  },
  {
    name: 'redirects of the upstream point at the location that asked it',
    server: `
      location /outer/ { proxy_pass http://UP_B/; location /outer/inner/ { proxy_pass http://UP_A/sub/; } }
    `,
    asks: [
      ask(
        'GET /outer/inner/',
        'X-Answer-Status: 302',
        'X-Answer-Field: Location: http://UP_A/sub/x',
      ),
      ask('GET /outer/', 'X-Answer-Status: 302', 'X-Answer-Field: Location: http://UP_B/x'),
    ],
  },
];
