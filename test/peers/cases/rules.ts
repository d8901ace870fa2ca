/** set, if, rewrite, return, map: what they make of a request. */
import { ask, type PeerCase } from '../peer-case.ts';

export const ruleCases: readonly PeerCase[] = [
  {
    name: 'return answers with a text, a redirect, an empty body or the page of its status',
    server: `
      location /text { return 200 "text $request_method\\n"; }
      location /created { return 201 "made"; }
      location /none { return 204; }
      location /moved { return 301 /to; }
      location /found { return 302 https://other.test$request_uri; }
      location /url { return https://other.test/; }
      location /perm { return 308 /to?a=b; }
      location /bad { return 400; }
      location /forbidden { return 403; }
      location /teapot { return 418 "teapot"; }
      location /broken { return 503; }
      location /json { default_type application/json; return 200 '{"a":1}'; }
    `,
    asks: [
      '/text',
      '/created',
      '/none',
      '/moved',
      '/found?x',
      '/url',
      '/perm',
      '/bad',
      '/forbidden',
      '/teapot',
      '/broken',
      '/json',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'split_clients tells values apart by their hash',
    http: `
      split_clients $uri $tenth { 10% 0; 10% 1; 10.0% 2; 10% 3; 10% 4; 10% 5; 10% 6; 10% 7; 10% 8; * 9; }
      split_clients "a$arg_a" $third { 33.33% first; .5% tiny; 33.3% ""; 30% third; }
      split_clients $arg_a $quarter { 25% one; 25% two; 25% three; 25% four; }
    `,
    server: 'location / { return 200 "$tenth $third $quarter"; }',
    asks: [
      ...Array.from(
        { length: 40 },
        (_, index) => `GET /${'abcdefghij'.slice(index % 10)}${index}?a=${index * 7919}`,
      ),
      'GET /',
      'GET /%ff%80%00a',
      'GET /%C3%A4?a=%C3%A4',
    ],
  },
  {
    name: 'a HEAD gets the head of the answer',
    server: 'location / { return 200 "four"; } location /up { proxy_pass http://UP_A; }',
    asks: ['HEAD /', 'HEAD /up'],
  },
  {
    name: 'rewrites change path and query, choose anew, stop or redirect',
    server: `
      rewrite ^/server/(.*)$ /loc/$1;
      rewrite ^/drop/(.*)$ /loc/$1?;
      rewrite ^/perm/(.*)$ /loc/$1 permanent;
      rewrite ^/temp/(.*)$ http://other.test/$1?x=$arg_a redirect;
      rewrite ^/absolute/(.*)$ https://other.test/$1;
      location /loc/ { return 200 "loc uri=$uri args=$args request_uri=$request_uri"; }
      location /last/ { rewrite ^/last/(\\w+)$ /loc/$1?from=last last; return 200 "not rewritten"; }
      location /break/ { rewrite ^/break/(.*)$ /b%20c/$1?q break; proxy_pass http://UP_A; }
      location /uri/ { rewrite ^/uri/(.*)$ /rewritten/$1 break; proxy_pass http://UP_A/ignored/; }
      location /chain/ { rewrite a b; rewrite b c last; return 200 "chain"; }
      location /loop/ { rewrite ^ /loop/x last; }
      location /proxied/ { rewrite ^/proxied/(.*)$ /after/$1; }
      location /after/ { proxy_pass http://UP_A; }
    `,
    asks: [
      '/server/a%20b?x=1',
      '/drop/a?x=1',
      '/perm/a%20b?x=1',
      '/temp/a%26b?a=1',
      '/absolute/p?q',
      '/last/word?a=1',
      '/last/',
      '/break/d%20e?a',
      '/uri/x?y',
      '/chain/a',
      '/loop/',
      '/proxied/a%2Fb?c',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'a URL is redirected to, whatever the flag',
    server: `
      location /last { rewrite ^/last/(.*) http://other.test/$1 last; return 200 "last"; }
      location /break { rewrite ^/break/(.*) https://other.test/$1 break; return 200 "break"; }
      location /permanent { rewrite ^/permanent/(.*) $scheme://other.test/$1 permanent; return 200 "permanent"; }
    `,
    asks: ['GET /last/a?b', 'GET /break/a', 'GET /permanent/a', 'GET /last'],
  },
  {
    name: 'behind a break in the server a location passes on the path as it has become',
    server: `
      if ($arg_a) { rewrite ^/from/(.*) /to/$1 break; }
      rewrite ^/plain/(.*) /to/$1;
      location /to/ { proxy_pass http://UP_A/base/; }
    `,
    asks: ['GET /from/x?a=1', 'GET /plain/x', 'GET /plain/x?a=1', 'GET /to/x?a=1'],
  },
  {
    name: 'a regex that does not match leaves no captures of the one before',
    server: `
      location ~ ^/rewrite/(\\w+) { rewrite ^/x/(.*) /y; return 200 "one=$1"; }
      location ~ ^/if/(\\w+) { if ($arg_a ~ (b)) { set $b 1; } return 200 "one=$1"; }
      location ~ ^/not/(\\w+) { if ($arg_a !~ (b)) { set $b 1; } return 200 "one=$1"; }
      location ~ ^/named/(?<name>\\w+) { if ($arg_a ~ (b)) { set $b 1; } return 200 "name=$name"; }
      location ~ ^/equal/(\\w+) { if ($arg_a = b) { set $b 1; } return 200 "one=$1"; }
    `,
    asks: ['rewrite', 'if', 'not', 'named', 'equal'].flatMap((kind) => [
      `GET /${kind}/a`,
      `GET /${kind}/a?a=b`,
    ]),
  },
  {
    name: 'set and if see variables, captures and conditions',
    http: 'map $http_x_kind $kind_of { default plain; special very; ~^re-(?<tail>.+)$ "regex $tail"; }',
    server: `
      set $base "from server";
      if ($request_method = POST) { return 405 "no posts"; }
      if ($http_user_agent ~* "bot(?<n>\\d*)") { set $base "bot $n"; }
      location /vars { set $x "$base/$kind_of"; return 200 "$x"; }
      location /if {
        set $found no;
        if ($arg_a) { set $found yes; }
        if ($arg_b != "1") { set $found "$found-b"; }
        if ($uri !~ ^/if/x) { set $found "$found-notx"; }
        if (-d FOLDER) { set $found "$found-dir"; }
        if (!-f FOLDER) { set $found "$found-nofile"; }
        return 200 "$found";
      }
      location /early { if ($arg_stop) { return 403; } proxy_pass http://UP_A; }
      location /rw { if ($arg_to) { rewrite ^ /vars last; } return 200 "stayed"; }
    `,
    asks: [
      'GET /vars',
      ask('GET /vars', 'X-Kind: special'),
      ask('GET /vars', 'X-Kind: re-markable'),
      ask('GET /vars', 'User-Agent: goodBOT7'),
      'POST /vars',
      'GET /if',
      'GET /if?a=1&b=1',
      'GET /if/x?a=0',
      'GET /early',
      'GET /early?stop=1',
      'GET /rw',
      'GET /rw?to=1',
    ],
  },
  {
    name: 'maps look up exact, wildcard, regex and default, and may use other maps',
    http: `
      map $host $by_host { hostnames; default d; map.test exact; *.map.test wild; map.* trail; .both.test both; }
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      map "$by_host:$arg_k" $combined { default "no $by_host"; exact:1 one; "~^wild:(.)" "w$1"; volatile; }
    `,
    servers:
      'server { listen LISTEN; server_name map.test *.map.test map.org .both.test; location / { return 200 "$by_host $connection_upgrade $combined"; } }',
    asks: ['map.test', 'a.map.test', 'map.org', 'both.test', 'x.both.test', 'MAP.test'].map(
      (host) => ({
        line: 'GET /?k=1',
        host,
        headers: ['Upgrade: websocket'],
      }),
    ),
  },
  {
    name: 'rules of nested locations run in the location that is chosen, and those around it do not',
    server: `
      set $trace server;
      location /a/ {
        set $trace "$trace a";
        if ($arg_stop) { return 403 "stopped in a"; }
        return 200 "$trace";
        location /a/b/ {
          set $trace "$trace b";
          if ($http_x_deep ~ "^(\\w+)-(\\w+)$") { set $trace "$trace $2-$1"; }
          if ($args) { rewrite ^/a/b/(.*)$ /a/$1? last; }
          proxy_set_header X-Trace $trace;
          proxy_pass http://UP_A;
        }
      }
    `,
    asks: [
      'GET /a/',
      'GET /a/?stop=1',
      'GET /a/b/c',
      ask('GET /a/b/c', 'X-Deep: one-two'),
      'GET /a/b/c?stop=1',
    ],
  },
  {
    name: 'only a path that was escaped is escaped again, whatever the query was',
    server: `
      location /plain/ { proxy_pass http://UP_A/; }
      location /to/ { rewrite ^/to/(.*)$ http://other.test/$1?c=$1 redirect; }
    `,
    asks: [
      '/plain/a|b?q=%41',
      '/plain/a%7Cb?q',
      '/to/a&b?q=%41+',
      '/to/a&b+c',
      '/to/a&b%20c',
      '/to/a%3Fb%20c%26d?q',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'a query that was set goes upstream, with the path as it is understood',
    server: `
      location /all { set $args $args&added=1; proxy_pass http://UP_A; }
      location /none { if ($arg_a) { set $args ""; } proxy_pass http://UP_A; }
    `,
    asks: ['/all/a%20b//c?x', '/all/a|b?x', '/none/%64?a=1', '/none/%64?b=1'].map(
      (path) => `GET ${path}`,
    ),
  },
  {
    name: 'patterns are compared with bytes, those of UTF-8 included',
    http: 'map $uri $accented { ~é$ yes; default no; }',
    server: `
      location ~ ^/(caf[é])/ { return 200 "class $1"; }
      location ~ ^/é(.)$ { return 200 "one $1"; }
      location /x { if ($uri ~ ü) { return 200 "ü"; } rewrite ^/x/ä(.*)$ /ä/$1 last; return 200 "x $accented"; }
      location / { return 200 "other $uri $accented"; }
    `,
    asks: [
      '/caf%C3%A9/',
      '/caf%E9/',
      '/caf%C3/',
      '/%C3%A9x',
      '/%C3%A9%C3%A9',
      '/x/%C3%BC',
      '/x/%C3%A4b',
      '/x/%C3%A9',
      '/y',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'an empty value is for no pattern of a map, but for its own entry or the default',
    http: `
      map $arg_a $pattern { ~^$ pattern; default other; }
      map $arg_a $entry { "" empty; ~^$ pattern; ~. some; }
    `,
    server: 'location / { return 200 "$pattern $entry"; }',
    asks: ['GET /', 'GET /?a=', 'GET /?a=1'],
  },
  {
    name: 'a break keeps a return behind it from being reached',
    server: `root FOLDER/www;
      location /dir/ { if ($arg_a) { break; } return 403 "returned"; }
      location /old/ { rewrite ^/old/(.*)$ /$1 break; return 404 "returned"; }`,
    asks: ['/dir/inner.txt', '/dir/inner.txt?a=1', '/old/hello.txt', '/old/nothing'].map(
      (path) => `GET ${path}`,
    ),
  },
  {
    name: 'line breaks of a path do not end a field',
    server: `
      location /add { add_header X-Path $uri; return 200 "added"; }
      location /to { rewrite ^ https://other.test$uri permanent; }
    `,
    asks: ['GET /add/b', 'GET /add/%0d%0ab', 'GET /to/%0d%0aX-Other:%20b'],
  },
  {
    name: 'an if that holds does what it says, and what stands around it stays',
    server: `root FOLDER/www;
      location /dir/ { if ($arg_a) { set $seen 1; } try_files $uri /hello.txt; }`,
    asks: ['GET /dir/inner.txt?a=1', 'GET /dir/nothing', 'GET /dir/nothing?a=1'],
  },
  {
    name: 'a map is looked up once for a request, unless it is volatile',
    http: `
      map $uri $once { ~^/(a|b) "at $1"; default none; }
      map $uri $again { volatile; ~^/(a|b) "at $1"; default none; }
      split_clients $uri $share { 50% one; * other; }
    `,
    server: `
      location /a { set $first "$once $again $share"; rewrite ^/a(.*)$ /b$1 last; }
      location /b { return 200 "$first, $once $again $share"; }
      location /x { set $first "$once $again $share"; error_page 404 /b; return 404; }
      location /y { set $first "$once $again $share"; try_files /nothing /b; }
    `,
    asks: ['/a', '/a1', '/a2', '/a3', '/b', '/x', '/y'].map((path) => `GET ${path}`),
  },
];
