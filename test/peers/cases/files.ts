/** What is served from the disk: `root`, `alias`, `index`, `try_files`, conditions, ranges, types. */
import { ask, type PeerCase } from '../peer-case.ts';

const time = 'Tue, 14 Nov 2023 22:13:20 GMT';
const later = 'Wed, 15 Nov 2023 22:13:20 GMT';
const earlier = 'Mon, 13 Nov 2023 22:13:20 GMT';
/** Of hello.txt: its time and its length. */
const etag = '"6553f100-d"';

const get = (...fields: string[]) => ask('GET /hello.txt', ...fields);

export const fileCases: readonly PeerCase[] = [
  {
    name: 'files of a root are served with their time, tag and type',
    server: 'root FOLDER/www; types { text/html html htm; application/json json; text/plain txt; }',
    asks: [
      'GET /hello.txt',
      'HEAD /hello.txt',
      'GET /page.html',
      'GET /data.json',
      'GET /UPPER.HTML',
      'GET /noextension',
      'GET /.hidden',
      'GET /.html',
      'GET /archive.tar.gz',
      'GET /empty.txt',
      'HEAD /empty.txt',
      'GET /dir/inner.txt',
      'GET /hello.txt?query',
    ],
  },
  {
    name: 'without types nginx knows three, and default_type is for all others',
    server:
      'root FOLDER/www; location /dir/ { default_type application/x-dir; } location /app/ { types { } default_type ""; }',
    asks: ['GET /page.html', 'GET /data.json', 'GET /dir/inner.txt', 'GET /app/main.js'],
  },
  {
    name: 'names are decoded, and their bytes are those of the disk',
    server: 'root FOLDER/www;',
    asks: [
      'GET /space%20name.txt',
      'GET /per%25cent%3F.txt',
      'GET /%C3%BCn%C3%AF.txt',
      'GET //hello.txt',
      'GET /./dir/../hello.txt',
      'GET /dir%2Finner.txt',
    ],
  },
  {
    name: 'what is not there is a 404, also behind a file or with too long a name',
    server: 'root FOLDER/www;',
    asks: [
      'GET /nothing',
      'GET /nothing/',
      'GET /nothing/deeper',
      'GET /hello.txt/',
      'GET /hello.txt/x',
      `GET /${'x'.repeat(300)}`,
      `GET /${'x'.repeat(300)}/`,
      'GET /broken',
      'GET /pipe',
    ],
  },
  {
    name: 'only GET and HEAD are for files',
    server: 'root FOLDER/www;',
    asks: [
      'POST /hello.txt',
      { line: 'POST /hello.txt', headers: ['Content-Length: 5'], body: 'a=b&c' },
      'POST /nothing',
      'POST /dir/',
      'POST /dir',
      'POST /bare/',
      'PUT /hello.txt',
      'DELETE /nothing',
      'OPTIONS /hello.txt',
      'PATCH /dir/',
    ],
  },
  {
    name: 'nothing outside of the folder is reached, however the way there is written',
    server: 'root FOLDER/www;',
    asks: [
      'GET /../secret.txt',
      'GET /%2e%2e/secret.txt',
      'GET /%2E%2E%2Fsecret.txt',
      'GET /dir/../../secret.txt',
      'GET /dir/%2e%2e/%2e%2e/secret.txt',
      'GET /dir/..%2f..%2fsecret.txt',
      'GET /..%5csecret.txt',
      'GET /%252e%252e/secret.txt',
      'GET /hello.txt%00',
      'GET /hello.txt%00.html',
      'GET /%00',
      'GET /.../secret.txt',
      'GET /..;/secret.txt',
      'GET /%c0%ae%c0%ae/secret.txt',
      'GET /dir/..',
      'GET /dir/.',
    ],
  },
  {
    name: 'an alias without a slash is no way out of its folder',
    server: 'location /files { alias FOLDER/www/; } location /exact/ { alias FOLDER/www/; }',
    asks: [
      'GET /files/hello.txt',
      'GET /fileshello.txt',
      'GET /files../secret.txt',
      'GET /files%2e%2e/secret.txt',
      'GET /exact/../secret.txt',
      'GET /exact/%2e%2e%2fsecret.txt',
      'GET /exact/hello.txt',
    ],
  },
  {
    name: 'links are followed',
    server: 'root FOLDER/www;',
    asks: ['GET /link.txt', 'GET /linked', 'GET /linked/', 'GET /linked/404.html'],
  },
  {
    name: 'a folder is asked for with a slash',
    server: 'root FOLDER/www;',
    asks: [
      'GET /dir',
      'GET /dir?a=b',
      'HEAD /dir',
      'GET /a%20b',
      'GET /a%20b?x',
      'GET /%C3%BC',
      'GET /bare',
      'GET /dir/',
      'HEAD /dir/',
      'GET /dir/?a=b',
    ],
  },
  {
    name: 'redirects to folders are written as the server says',
    server: 'absolute_redirect off; root FOLDER/www;',
    asks: ['GET /dir', 'GET /a%20b', 'GET /dir?a=b'],
  },
  {
    name: 'a folder without index is not shown',
    server: 'root FOLDER/www; add_header X-Some some; add_header X-All all always;',
    asks: ['GET /bare/', 'GET /bare/x.txt', 'GET /nothing'],
  },
  {
    name: 'of the names of an index the first counts that is there',
    server: `root FOLDER/www; index nothing.htm default.htm index.html;
      location /bare/ { index x.txt; }
      location /dir/ { index missing /hello.txt; }
      location /app/ { index $arg_name index.html; }`,
    asks: [
      'GET /first/',
      'GET /',
      'GET /bare/',
      'GET /dir/',
      'GET /dir/?a=b',
      'GET /app/?name=main.js',
      'GET /app/?name=other.js',
      'GET /app/?name=../hello.txt',
      'GET /app/?name=../../secret.txt',
    ],
  },
  {
    name: 'an index is another request, which another location may have',
    server: `root FOLDER/www;
      location = /dir/index.html { return 200 "another location, $uri $is_args$args"; }
      location = / { index page.html; }
      location = /page.html { internal; root FOLDER/www; }
      location /first/ { index index.html; deny all; }`,
    asks: ['GET /dir/', 'GET /dir/?a=b', 'GET /', 'GET /page.html', 'GET /first/'],
  },
  {
    name: 'an index that is a folder is redirected to',
    server: 'root FOLDER/www;',
    asks: ['GET /folder-index/', 'GET /folder-index/index.html'],
  },
  {
    name: 'an index that leads back to itself ends',
    server: 'root FOLDER/www; location /bare/ { index /bare/; }',
    asks: ['GET /bare/'],
  },
  {
    name: 'an alias takes the place of the path of its location',
    server: `location /files/ { alias FOLDER/www/; }
      location /bare-alias { alias FOLDER/www; }
      location = /one { alias FOLDER/www/hello.txt; }
      location = /one.json { alias FOLDER/www/hello.txt; types { application/json json; } }
      location /deep/files/ { alias FOLDER/www/dir/; }`,
    asks: [
      'GET /files/hello.txt',
      'GET /files/',
      'GET /files',
      'GET /files/dir',
      'GET /files/dir?a=b',
      'GET /files/bare/',
      'GET /files/nothing',
      'GET /bare-alias/hello.txt',
      'GET /bare-alias/dir',
      'GET /bare-alias/',
      'GET /bare-alias',
      'GET /one',
      'GET /one.json',
      'GET /deep/files/inner.txt',
      'GET /deep/files/',
    ],
  },
  {
    name: 'an alias may have variables, and what a regular expression has captured',
    server: `location ~ ^/user/(\\w+)/(.*)$ { alias FOLDER/www/$1/$2; }
      location ~* ^/png/(?<name>.+)\\.png$ { alias FOLDER/www/$name; }
      location /arg/ { alias FOLDER/www/$arg_folder/; }`,
    asks: [
      'GET /user/dir/inner.txt',
      'GET /user/dir/',
      'GET /user/dir',
      'GET /user/bare/',
      'GET /user/dir/nothing',
      'GET /png/hello.txt.png',
      'GET /PNG/hello.txt.PNG',
      'GET /arg/inner.txt?folder=dir',
      'GET /arg/secret.txt?folder=..',
      'GET /arg/?folder=dir',
    ],
  },
  {
    name: 'a root may have variables',
    server: `location /v/ { root FOLDER/$arg_a; }
      location /x/ { set $there www; root FOLDER/$there; try_files /hello.txt =404; }
      location /arg { root FOLDER/www/$arg_folder; }`,
    asks: [
      'GET /v/case.test/x.txt?a=www',
      'GET /v/case.test/x.txt',
      'GET /x/anything',
      'GET /arg/../secret.txt?folder=..',
      'GET /arg?folder=..',
    ],
  },
  {
    name: 'a root is inherited, and one of a location is for it alone',
    http: 'root FOLDER/pages;',
    server: `location /www/ { root FOLDER; location ~ \\.html$ { } }
      location /pages/ { root FOLDER; }`,
    asks: [
      'GET /',
      'GET /404.html',
      'GET /www/hello.txt',
      'GET /www/page.html',
      'GET /pages/404.html',
    ],
  },
  {
    name: 'challenges for certificates are answered beside a redirect of everything else',
    server: `location /.well-known/acme-challenge/ { root FOLDER/certbot; }
      location / { return 301 https://$host$request_uri; }`,
    asks: [
      'GET /.well-known/acme-challenge/token',
      'GET /.well-known/acme-challenge/other',
      'GET /.well-known/acme-challenge/',
      'GET /.well-known/acme-challenge/../../secret.txt',
      'GET /.well-known/other',
      'GET /anything?a=b',
    ],
  },
  {
    name: 'challenges may have an alias, a default type and a 404 of their own',
    server: `location ^~ /.well-known/acme-challenge/ {
        default_type "text/plain"; alias FOLDER/certbot/.well-known/acme-challenge/; try_files $uri =404; }
      location ~ /\\.well-known/ { return 403; }
      location / { proxy_pass http://UP_A; }`,
    asks: [
      'GET /.well-known/acme-challenge/token',
      'GET /.well-known/acme-challenge/other',
      'GET /.well-known/other',
    ],
  },
  {
    name: 'files are tried before an upstream is asked by name',
    server: `root FOLDER/www;
      location / { try_files $uri @proxy; }
      location /index/ { try_files $uri $uri/index.html @proxy; }
      location @proxy { proxy_pass http://UP_A; }`,
    asks: [
      'GET /hello.txt',
      'GET /nothing?a=b',
      'GET /no%20thing%2Fencoded',
      'GET /',
      'GET /dir',
      'GET /dir/',
      'GET /index/x',
      { line: 'POST /nothing', headers: ['Content-Length: 3'], body: 'abc' },
      'POST /hello.txt',
      'PUT /nothing',
    ],
  },
  {
    name: 'files are tried before the upstream of the same location is asked',
    server: `root FOLDER/www; location / { try_files $uri /hello.txt =404; proxy_pass http://UP_A; }
      location /app/ { try_files /other $uri/ =404; proxy_pass http://UP_A; }`,
    asks: ['GET /page.html', 'GET /nothing', 'GET /app/', 'GET /app/main.js'],
  },
  {
    name: 'a tried path with a slash behind it is a folder',
    server: 'root FOLDER/www; location / { try_files $uri $uri/ =404; }',
    asks: [
      'GET /',
      'GET /hello.txt',
      'GET /dir',
      'GET /dir/',
      'GET /dir?a=b',
      'GET /bare/',
      'GET /nothing',
      'GET /nothing/',
      'GET /hello.txt/',
      'POST /nothing',
    ],
  },
  {
    name: 'the last tried path is another request, with the query that it says',
    server: `root FOLDER/www;
      location / { try_files $uri $uri/ /fallback?path=$uri&$args; }
      location /spa/ { try_files $uri /index.html; }
      location = /fallback { return 200 "fallback $uri $args"; }
      location /lost/ { try_files $uri /fallback; }`,
    asks: [
      'GET /nothing?a=b',
      'GET /nothing/',
      'GET /dir/',
      'GET /spa/some/route',
      'GET /spa/?a=b',
      'GET /lost/x?a=b',
      'POST /lost/x',
    ],
  },
  {
    name: 'the last tried path may be a status',
    server: `root FOLDER/www;
      location /404/ { try_files $uri =404; }
      location /403/ { try_files $uri =403; }
      location /204/ { try_files $uri =204; }
      location /503/ { try_files $uri =503; error_page 503 /page.html; }
      location /444/ { try_files $uri =444; }
      location /kept/ { try_files $uri =404; error_page 404 =200 /hello.txt; }`,
    asks: ['GET /404/', 'GET /403/', 'GET /204/', 'GET /503/', 'GET /444/', 'GET /kept/'],
  },
  {
    name: 'tried paths of a server are for what no location has',
    server: `root FOLDER/www; try_files /page.html =404; location /dir/ { }`,
    asks: ['GET /anything', 'GET /hello.txt', 'GET /dir/inner.txt'],
  },
  {
    name: 'tried paths that lead round in circles end',
    server: 'root FOLDER/www; location / { try_files $uri /nothing; }',
    asks: ['GET /missing', 'GET /hello.txt'],
  },
  {
    name: 'tried paths and an alias',
    server: `location /files/ { alias FOLDER/www/; try_files $uri $uri/ /files/page.html; }
      location /other/ { alias FOLDER/www/; try_files /hello.txt =404; }
      location /status/ { alias FOLDER/www/; try_files $uri =404; }
      location ~ ^/regex/(.*)$ { alias FOLDER/www/; try_files $1 =404; }
      location /name/ { alias FOLDER/www/; try_files $uri @name; }
      location @name { return 200 "by name $uri"; }`,
    asks: [
      'GET /files/hello.txt',
      'GET /files/dir',
      'GET /files/dir/',
      'GET /files/nothing',
      'GET /other/x',
      'GET /status/dir/inner.txt',
      'GET /status/nothing',
      'GET /regex/hello.txt',
      'GET /regex/dir/inner.txt',
      'GET /regex/nothing',
      'GET /name/hello.txt',
      'GET /name/nothing',
    ],
  },
  {
    name: 'tried paths that are computed do not lead out of the folder',
    server: `root FOLDER/www; location / { try_files $arg_file /$arg_file =404; }
      location /fallback/ { try_files $uri $arg_to; }`,
    asks: [
      'GET /?file=hello.txt',
      'GET /?file=/hello.txt',
      'GET /?file=../secret.txt',
      'GET /?file=/../secret.txt',
      'GET /?file=dir/../../secret.txt',
      'GET /fallback/x?to=/hello.txt',
      'GET /fallback/x?to=/../secret.txt',
    ],
  },
  {
    name: 'If-Modified-Since is held against the time of the file',
    server: 'root FOLDER/www;',
    asks: [
      get(`If-Modified-Since: ${time}`),
      get(`If-Modified-Since: ${later}`),
      get(`If-Modified-Since: ${earlier}`),
      get('If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT'),
      get('If-Modified-Since: Tue Nov 14 22:13:20 2023'),
      get('If-Modified-Since: some day'),
      ask('HEAD /hello.txt', `If-Modified-Since: ${time}`),
      ask('GET /dir/', `If-Modified-Since: ${time}`),
    ],
  },
  {
    name: 'If-Modified-Since may count from a time on, or not at all',
    server: `root FOLDER/www; if_modified_since before;
      location = /page.html { if_modified_since off; }`,
    asks: [
      get(`If-Modified-Since: ${time}`),
      get(`If-Modified-Since: ${later}`),
      get(`If-Modified-Since: ${earlier}`),
      ask('GET /page.html', `If-Modified-Since: ${time}`),
    ],
  },
  {
    name: 'If-None-Match is held against the tag',
    server: 'root FOLDER/www; add_header X-Some some;',
    asks: [
      get(`If-None-Match: ${etag}`),
      get(`If-None-Match: W/${etag}`),
      get('If-None-Match: *'),
      get('If-None-Match: "other"'),
      get(`If-None-Match: "other", ${etag}`),
      get(`If-None-Match: ${etag}`, `If-Modified-Since: ${time}`),
      get(`If-None-Match: "other"`, `If-Modified-Since: ${time}`),
      get(`If-None-Match: ${etag}`, `If-Modified-Since: ${earlier}`),
    ],
  },
  {
    name: 'If-Match and If-Unmodified-Since refuse what has changed',
    server: 'root FOLDER/www; add_header X-Some some; add_header X-All all always;',
    asks: [
      get(`If-Match: ${etag}`),
      get(`If-Match: W/${etag}`),
      get('If-Match: *'),
      get('If-Match: "other"'),
      get(`If-Match: "other", ${etag}`),
      get(`If-Unmodified-Since: ${time}`),
      get(`If-Unmodified-Since: ${later}`),
      get(`If-Unmodified-Since: ${earlier}`),
      get('If-Unmodified-Since: some day'),
      ask('GET /nothing', 'If-Match: "other"'),
    ],
  },
  {
    name: 'files may have no tag',
    server: 'root FOLDER/www; etag off;',
    asks: [
      'GET /hello.txt',
      get(`If-None-Match: ${etag}`),
      get('If-None-Match: *'),
      get(`If-Match: ${etag}`),
      get('Range: bytes=0-3', `If-Range: ${etag}`),
    ],
  },
  {
    name: 'a part of a file is sent for a range',
    server: 'root FOLDER/www; add_header X-Some some;',
    asks: [
      get('Range: bytes=0-0'),
      get('Range: bytes=0-3'),
      get('Range: bytes=7-'),
      get('Range: bytes=-3'),
      get('Range: bytes=-100'),
      get('Range: bytes=5-100'),
      get('Range: bytes=0-'),
      get('Range: bytes=0-12'),
      get('Range: BYTES=1-2'),
      get('Range: bytes= 1 - 2 '),
      ask('HEAD /hello.txt', 'Range: bytes=0-3'),
      ask('GET /page.html', 'Range: bytes=1-2'),
      ask('GET /dir/', 'Range: bytes=0-2'),
    ],
  },
  {
    name: 'a range that is none, or is not there, is not satisfied',
    server:
      'root FOLDER/www; location /dir/ { error_page 416 /416.html; } location = /416.html { root FOLDER/pages; }',
    asks: [
      get('Range: bytes=13-'),
      get('Range: bytes=100-200'),
      get('Range: bytes=5-3'),
      get('Range: bytes=-0'),
      get('Range: bytes=x-y'),
      get('Range: bytes=3'),
      get('Range: bytes='),
      get('Range: bytes=,'),
      get('Range: bytes=0-1,x'),
      get('Range: bytes=99999999999999999999-'),
      get('Range: lines=1-2'),
      get('Range: nonsense'),
      ask('GET /dir/inner.txt', 'Range: bytes=100-'),
    ],
  },
  {
    name: 'several ranges are sent in parts',
    server: 'root FOLDER/www;',
    asks: [
      get('Range: bytes=0-1,3-4'),
      get('Range: bytes=0-1, -2'),
      get('Range: bytes=0-1,100-'),
      get('Range: bytes=0-10,1-12'),
      get('Range: bytes=100-,200-'),
      ask('HEAD /hello.txt', 'Range: bytes=0-1,3-4'),
      ask('GET /page.html', 'Range: bytes=0-1,3-4'),
    ],
  },
  {
    name: 'ranges may be limited in number',
    server: `root FOLDER/www; max_ranges 1; location = /page.html { max_ranges 0; }`,
    asks: [
      get('Range: bytes=0-1'),
      get('Range: bytes=0-1,3-4'),
      ask('GET /page.html', 'Range: bytes=0-1'),
      ask('GET /page.html', 'Range: bytes=100-'),
    ],
  },
  {
    name: 'If-Range asks for all of a file that has changed',
    server: 'root FOLDER/www;',
    asks: [
      get('Range: bytes=0-3', `If-Range: ${etag}`),
      get('Range: bytes=0-3', 'If-Range: "other"'),
      get('Range: bytes=0-3', `If-Range: W/${etag}`),
      get('Range: bytes=0-3', `If-Range: ${time}`),
      get('Range: bytes=0-3', `If-Range: ${later}`),
      get('Range: bytes=0-3', 'If-Range: some day'),
      get('Range: bytes=100-', 'If-Range: "other"'),
      get(`If-Range: ${etag}`),
    ],
  },
  {
    name: 'conditions come before ranges',
    server: 'root FOLDER/www;',
    asks: [
      get('Range: bytes=0-3', `If-None-Match: ${etag}`),
      get('Range: bytes=0-3', 'If-None-Match: "other"'),
      get('Range: bytes=0-3', 'If-Match: "other"'),
      get('Range: bytes=100-', `If-Modified-Since: ${time}`),
    ],
  },
  {
    name: 'an empty file has no ranges',
    server: 'root FOLDER/www;',
    asks: [
      ask('GET /empty.txt', 'Range: bytes=0-0'),
      ask('GET /empty.txt', 'Range: bytes=0-'),
      ask('GET /empty.txt', 'Range: bytes=-1'),
      ask('GET /empty.txt', 'Range: bytes=1-'),
    ],
  },
  {
    name: 'pages of errors are files',
    server: `root FOLDER/www; error_page 404 /404.html; error_page 502 503 504 /502.html;
      error_page 403 = /403.html; error_page 405 =200 $uri;
      location = /404.html { root FOLDER/pages; internal; }
      location = /502.html { root FOLDER/pages; }
      location /proxy/ { proxy_pass http://UP_NONE; }
      location /return/ { return 503; }`,
    asks: [
      'GET /nothing',
      'GET /404.html',
      'GET /502.html',
      'GET /proxy/x',
      'POST /proxy/x',
      'GET /return/',
      'GET /bare/',
      'POST /hello.txt',
      ask('GET /nothing', `If-Modified-Since: ${time}`),
      ask('GET /nothing', 'Range: bytes=0-2'),
      ask('GET /nothing', 'If-None-Match: *'),
    ],
  },
  {
    name: 'a page of an error may be shown with another status, or have none of its own',
    server: `root FOLDER/www; error_page 404 =200 /404.html; location = /404.html { root FOLDER/pages; }
      location /empty/ { error_page 404 =204 /404.html; }
      location /missing/ { error_page 404 /nowhere.html; }
      location /named/ { error_page 404 = @named; }
      location @named { root FOLDER/pages; try_files /502.html =410; }`,
    asks: [
      'GET /nothing',
      ask('GET /nothing', 'Range: bytes=0-2'),
      ask('GET /nothing', 'If-None-Match: *'),
      'GET /empty/x',
      'GET /missing/x',
      'GET /named/x',
    ],
  },
  {
    name: 'rules may ask what is there',
    server: `root FOLDER/www;
      location / { if (-f $request_filename) { return 200 "file $document_root"; }
        if (-d $request_filename) { return 200 "folder $request_filename"; } return 404; }
      location /app/ { if (!-e $request_filename) { rewrite ^ /hello.txt last; } }
      location /linked/ { return 200 "$realpath_root $request_filename"; }
      location /proxy/ { root FOLDER/pages; if (-f $document_root/404.html) { set $there yes; }
        proxy_pass http://UP_A; proxy_set_header X-There $there; }`,
    asks: [
      'GET /page.html',
      'GET /dir',
      'GET /nothing',
      'GET /app/main.js',
      'GET /app/nothing',
      'GET /proxy/',
    ],
  },
  {
    name: 'the rules of a server may ask what is there',
    server: `root FOLDER/www;
      if (-f $document_root$uri) { set $kind file; }
      if ($uri = /stop) { set $stop "$document_root/hello.txt"; }
      if (-f $stop) { return 503; }
      location / { return 200 "kind $kind"; }`,
    asks: ['GET /page.html', 'GET /nothing', 'GET /stop'],
  },
  {
    name: 'maps and logs may name files',
    http: `map $request_filename $named { default other; ~hello a-file; ~page$ "$document_root"; }
      log_format named '$request_filename $status';`,
    server: `root FOLDER/www; access_log FOLDER/named.log named; add_header X-Named $named;
      location /app/ { proxy_pass http://UP_A; }
      location /text/ { return 200 "$named"; }`,
    asks: ['GET /hello.txt', 'GET /dir/', 'GET /app/hello', 'GET /text/hello', 'GET /nothing'],
    log: 'named.log',
  },
  {
    name: 'rules may lead to files',
    server: `root FOLDER/www;
      rewrite ^/old/(.*)$ /dir/$1;
      location /short/ { rewrite ^/short/(.*)$ /$1 break; }
      location /alias/ { alias FOLDER/www/; rewrite ^/alias/x$ /alias/hello.txt break; }
      location /escape/ { rewrite ^/escape/(.*)$ /../$1 break; }`,
    asks: [
      'GET /old/inner.txt',
      'GET /old/',
      'GET /short/hello.txt',
      'GET /short/dir',
      'GET /short/dir/',
      'GET /alias/x',
      'GET /alias/hello.txt',
      'GET /escape/secret.txt',
    ],
  },
  {
    name: 'access is asked for before files are looked for',
    server: `root FOLDER/www;
      location / { auth_basic files; auth_basic_user_file FOLDER/users; try_files $uri =404; }
      location /dir/ { deny all; }
      location /app/ { deny all; error_page 403 =404 /nothing; }`,
    asks: ['GET /hello.txt', 'GET /nothing', 'GET /dir/', 'GET /dir/nothing', 'GET /app/main.js'],
  },
  {
    name: 'a file has one ETag and one Last-Modified, that of the configuration or none',
    server: `
      root FOLDER/www;
      location /none/ { alias FOLDER/www/; add_header Last-Modified ""; add_header ETag ""; add_header Cache-Control no-store; expires off; }
      location /own/ { alias FOLDER/www/; add_header Last-Modified "Tue, 15 Nov 1994 12:45:26 GMT"; add_header ETag '"own"' always; }
      location /timed/ { alias FOLDER/www/; add_header Last-Modified ""; expires modified 1h; }
    `,
    asks: [
      'GET /none/hello.txt',
      'GET /own/hello.txt',
      'GET /own/none.txt',
      'GET /none/none.txt',
      'GET /timed/hello.txt',
    ],
  },
  {
    name: 'names of files are known where a field of the server tells them',
    server: `
      add_header X-Folder $document_root always; add_header X-File $request_filename always;
      location /up { proxy_pass http://UP_A; }
      location /text { return 200 "text"; }
      location /www { root FOLDER/www; return 200 "rooted"; }
      location /in/ { alias FOLDER/www/; proxy_pass http://UP_A; }
    `,
    asks: ['GET /up', 'GET /text/a', 'GET /www/hello.txt', 'GET /in/hello.txt'],
  },
  {
    name: 'browsers are told how long they may keep what they get',
    server: `root FOLDER/www; expires 1h;
      location = /none { return 404; }
      location = /text { return 200 text; }
      location = /gone { return 301 /text; }
      location /app/ { expires -1; }
      location = /page.html { expires epoch; }
      location = /data.json { expires max; add_header Cache-Control public; }
      location /dir/ { expires modified +10y; location = /dir/ { expires off; } }
      location /first/ { expires modified 1h; }
      location = /UPPER.HTML { expires 0; }`,
    asks: [
      'GET /hello.txt',
      'HEAD /hello.txt',
      get(`If-Modified-Since: ${time}`),
      get('Range: bytes=0-3'),
      get('Range: bytes=100-'),
      get('If-Match: "other"'),
      'GET /none',
      'GET /text',
      'GET /gone',
      'GET /app/main.js',
      'GET /app',
      'GET /page.html',
      'GET /data.json',
      'GET /first/',
      'GET /UPPER.HTML',
      'GET /nothing',
    ],
  },
  {
    name: 'how long may depend on what it is',
    http: `map $sent_http_content_type $time_to_live { default off; text/html epoch; ~text/ 7d; application/json @0h; }
      map $sent_http_content_type $sniffing { default nosniff; "" ""; }`,
    server: `root FOLDER/www; types { text/html html; text/plain txt; image/x-none none; text/odd js; }
      expires $time_to_live; add_header X-Content-Type-Options $sniffing always;
      location /odd/ { expires $arg_a; alias FOLDER/www/; }`,
    asks: [
      'GET /page.html',
      'GET /hello.txt',
      'GET /archive.tar.gz',
      'GET /odd/hello.txt?a=x',
      'GET /odd/hello.txt?a=-2h',
      'GET /odd/hello.txt',
      get(`If-Modified-Since: ${time}`),
    ],
  },
  {
    name: 'what an upstream says of that is replaced',
    server: `location / { expires 1d; proxy_pass http://UP_A; }
      location /error/ { expires 1d; proxy_pass http://UP_A/status/404; }`,
    asks: ['GET /', 'GET /error/'],
  },
  {
    name: 'fields of a file are those of its location',
    server: `root FOLDER/www; add_header X-Outer outer; add_header X-Type $sent_http_content_type;
      location /dir/ { add_header X-Inner "$uri $sent_http_etag $sent_http_last_modified" always; }
      location = /dir/inner.txt { root FOLDER/www; add_header X-Status $status; }`,
    asks: ['GET /hello.txt', 'GET /dir/', 'GET /dir/inner.txt', 'GET /dir/nothing', 'GET /nothing'],
  },
  {
    name: 'an inner location has the files of its own',
    server: `root FOLDER/www;
      location /dir/ { root FOLDER/pages; location ~ \\.txt$ { root FOLDER/www; } location = /dir/x { alias FOLDER/www/hello.txt; } }
      location ^~ /app/ { location ~ \\.js$ { types { text/x-js js; } } }`,
    asks: ['GET /dir/inner.txt', 'GET /dir/index.html', 'GET /dir/x', 'GET /app/main.js'],
  },
  {
    name: 'requests with a body are answered from files',
    server: 'root FOLDER/www;',
    asks: [
      {
        line: 'GET with a body',
        raw: 'GET /hello.txt HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\nbodyGET /page.html HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
      },
    ],
  },
  {
    name: 'a file of error pages of an upstream takes the place of its answer',
    server: `proxy_intercept_errors on; error_page 404 /404.html; error_page 500 =503 /502.html;
      location / { proxy_pass http://UP_A/status/404; }
      location /500 { proxy_pass http://UP_A/status/500; }
      location ~ ^/(?:404|502)\\.html$ { root FOLDER/pages; internal; }`,
    asks: ['GET /', 'GET /500', 'GET /404.html', 'POST /'],
  },
  {
    name: 'small things beside an application have a location each',
    server: `location = /favicon.ico { log_not_found off; access_log off; return 204; }
      location = /robots.txt { alias FOLDER/www/hello.txt; }
      location ~* \\.(?:js|css)$ { root FOLDER/www; try_files $uri @app; expires 1y; }
      location / { proxy_pass http://UP_A; }
      location @app { proxy_pass http://UP_B; }`,
    asks: [
      'GET /favicon.ico',
      'GET /robots.txt',
      'GET /app/main.js',
      'GET /app/other.js',
      'GET /x',
    ],
  },
  {
    name: 'files are served over TLS',
    servers: `server { listen TLS ssl; server_name files.tls.test; ssl_certificate FOLDER/server.pem;
      ssl_certificate_key FOLDER/server.key; root FOLDER/www; }`,
    asks: [
      { line: 'GET /hello.txt', host: 'files.tls.test', tls: {} },
      { line: 'GET /dir', host: 'files.tls.test', tls: {} },
      { line: 'GET /hello.txt', host: 'files.tls.test', tls: {}, headers: ['Range: bytes=-4'] },
    ],
  },
  {
    name: 'what is asked with a host that is no name stays in its folder',
    servers: `server { listen LISTEN; server_name ~^(?<name>.+)\\.files\\.test$; root FOLDER/$name; }`,
    asks: [
      { line: 'GET /hello.txt', host: 'www.files.test' },
      { line: 'GET /secret.txt', host: '...files.test' },
      { line: 'GET /secret.txt', host: 'www%2f...files.test' },
      { line: 'GET /404.html', host: 'pages.files.test' },
    ],
  },
  {
    name: 'connections are kept',
    server: 'root FOLDER/www;',
    asks: [
      {
        line: 'three files',
        raw: 'GET /hello.txt HTTP/1.1\r\nHost: HOST\r\n\r\nGET /nothing HTTP/1.1\r\nHost: HOST\r\n\r\nGET /page.html HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
      },
      {
        line: 'HTTP/1.0',
        raw: 'GET /hello.txt HTTP/1.0\r\nHost: HOST\r\nRange: bytes=0-1\r\n\r\n',
      },
    ],
  },
  {
    name: 'an alias that is inherited takes the place of the path of its own location',
    server: `location /files/ { alias FOLDER/www/;
        location ~ \\.txt$ { add_header X-Regex 1; }
        location /files/dir/ { add_header X-Prefix 1; }
        location = /files/page.html { add_header X-Exact 1; }
        location /files/app/ { root FOLDER/www; try_files $uri /hello.txt; }
        location ~ ^/files/tried/ { try_files $uri /files/hello.txt =404; }
      }
      location /ü/ { alias FOLDER/www/; }`,
    asks: [
      '/files/hello.txt',
      '/files/dir/inner.txt',
      '/files/dir/',
      '/files/page.html',
      '/files/app/main.js',
      '/files/tried/x',
      '/files/none.txt',
      '/files/../secret.txt',
      '/%C3%BC/hello.txt',
    ].map((path) => `GET ${path}`),
  },
];
