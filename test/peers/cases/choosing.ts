/** Which server and which location has a request. */
import type { PeerCase } from '../peer-case.ts';

const named = (name: string) => `return 200 "${name} host=$host server=$server_name 1=$1";`;

export const choosingCases: readonly PeerCase[] = [
  {
    name: 'server names are chosen exact, longest wildcard in front, longest behind, first regex, default',
    servers: `
      server { listen LISTEN; server_name ~^(?<sub>\\w+)\\.names\\.test$; location / { return 200 "regex $sub $1"; } }
      server { listen LISTEN; server_name *.names.test; location / { ${named('leading')} } }
      server { listen LISTEN; server_name *.deep.names.test; location / { ${named('longer')} } }
      server { listen LISTEN; server_name www.names.*; location / { ${named('trailing')} } }
      server { listen LISTEN; server_name .dotted.test; location / { ${named('dotted')} } }
      server { listen LISTEN; server_name exact.names.test; location / { ${named('exact')} } }
      server { listen LISTEN; server_name ~^only(\\d+)\\.regex; location / { ${named('numbered')} } }
      server { listen LISTEN; server_name ""; location / { ${named('nameless')} } }
    `,
    asks: [
      'exact.names.test',
      'EXACT.names.test.',
      'a.names.test:8080',
      'b.deep.names.test',
      'www.names.org',
      'dotted.test',
      'x.y.dotted.test',
      'only42.regex.example',
      'nobody.knows.this',
      '.names.test',
    ].map((host) => ({ line: 'GET /', host })),
  },
  {
    name: 'a request without Host in HTTP/1.0 is for the server of the empty name',
    servers:
      'server { listen LISTEN; server_name empty.test ""; location / { return 200 "empty"; } }',
    asks: [{ line: 'GET /', raw: 'GET / HTTP/1.0\r\n\r\n' }],
  },
  {
    name: 'the host of an absolute request line wins over Host',
    servers:
      'server { listen LISTEN; server_name absolute.test; location / { return 200 "$host $request_uri $uri"; } }',
    asks: [
      {
        line: 'GET',
        raw: 'GET http://absolute.test/a%20b?c HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
      },
    ],
  },
  {
    name: 'locations are chosen exact, longest prefix, first regex unless the prefix forbids it',
    server: `
      location / { return 200 "root"; }
      location = / { return 200 "exact root"; }
      location /docs/ { return 200 "docs"; }
      location ^~ /images/ { return 200 "images"; }
      location ~* \\.(gif|jpe?g)$ { return 200 "picture $1"; }
      location ~ ^/docs/(?<part>[a-z]+)/x$ { return 200 "part $part"; }
      location /docs/deep/ { return 200 "deep"; }
      location = /docs { return 200 "exact docs"; }
    `,
    asks: [
      'GET /',
      'GET /index',
      'GET /docs',
      'GET /docs/',
      'GET /docs/deep/a',
      'GET /docs/a.GIF',
      'GET /images/a.gif',
      'GET /docs/part/x',
      'GET /docs/../images//b.jpg',
      'GET /%64ocs/deep/%61',
      'GET /DOCS/',
      'GET /a.jpeg?x=/docs/',
    ],
  },
  {
    name: 'nested locations are searched inside the chosen one, regexes from the inside out',
    server: `
      location /a/ {
        return 200 "a";
        location /a/b/ { return 200 "a b"; location ~ x$ { return 200 "inner x"; } }
        location = /a/exact { return 200 "a exact"; }
        location ~ y$ { return 200 "a y"; }
      }
      location ~ (x|y|z)$ { return 200 "outer $1"; }
      location ^~ /k/ { return 200 "k"; location ~ deep { return 200 "k deep"; } }
    `,
    asks: [
      '/a/',
      '/a/x',
      '/a/y',
      '/a/z',
      '/a/b/x',
      '/a/b/y',
      '/a/b/c',
      '/a/exact',
      '/k/z',
      '/k/deep/x',
      '/none',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'what is inside an internal location is internal, too',
    server: `
      error_page 410 /inside/page;
      location /inside { internal; return 200 "inside"; location /inside/page { return 200 "page"; } location ~ x$ { return 200 "regex"; } }
      location /gone { return 410; }
    `,
    asks: ['GET /inside', 'GET /inside/page', 'GET /inside/x', 'GET /gone'],
  },
  {
    name: 'a proxied path that ends in a slash is where those without it are sent',
    server: `
      location /plain/ { proxy_pass http://UP_A; }
      location = /exact/ { proxy_pass http://UP_A; }
      location /both/ { return 200 "prefix"; }
      location = /both/ { proxy_pass http://UP_A; }
      location ^~ /own/ { proxy_pass http://UP_A; }
      location /own { return 200 "own"; }
      location /répertoire/ { proxy_pass http://UP_A; }
      location /text/ { return 200 "text"; }
    `,
    asks: [
      '/plain',
      '/plain?',
      '/plain?a=b',
      '/exact',
      '/exact/',
      '/exact/more',
      '/both',
      '/both/more',
      '/own',
      '/r%C3%A9pertoire?a',
      '/text',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'paths are normalised before they are matched, and merge_slashes can be off',
    server: `
      location /one { return 200 "one uri=$uri"; }
      location / { return 200 "uri=$uri args=$args is_args=$is_args request_uri=$request_uri"; }
    `,
    asks: [
      '/a//b',
      '/a/./b/../c',
      '/one%2Ftwo',
      '/a%3Fb?c=d',
      '/a/..',
      '/caf%C3%A9',
      '/a/b/..',
      '/?',
      '/a%23',
    ].map((path) => `GET ${path}`),
  },
  {
    name: 'double slashes stay when merge_slashes is off',
    server:
      'merge_slashes off; location /a//b { return 200 "double $uri"; } location / { return 200 "other $uri"; }',
    asks: ['GET /a//b', 'GET /a/b', 'GET /x///y/../z'],
  },
  {
    name: 'a path that leaves the root, has a broken escape or a NUL is a bad request',
    server: 'location / { return 200 "here"; }',
    asks: ['GET /..', 'GET /../etc', 'GET /a/../../b', 'GET /%zz', 'GET /%4', 'GET /a%00b'],
  },
  {
    name: 'a server that names none is for requests without a host',
    servers: `
      server { listen PORT default_server; server_name first.test; location / { return 200 "first"; } }
      server { listen PORT; location / { return 200 "nameless, $server_name"; } }
    `,
    asks: [
      { line: 'GET /', raw: 'GET / HTTP/1.0\r\n\r\n', to: 'PORT' },
      { line: 'GET /', host: 'unknown.test', to: 'PORT' },
    ],
  },
  {
    name: 'the name of a server is in lower case, and may be that of the machine',
    servers: `
      server { listen LISTEN; server_name Capital.Test; location / { return 301 https://$server_name/; } }
      server { listen LISTEN; server_name $hostname machine.test; location / { return 301 https://$server_name/; } }
      server { listen LISTEN; server_name ~^Capital(\\w+)\\.regex$; location / { return 301 https://$server_name/; } }
    `,
    asks: ['capital.test', 'machine.test', 'capital1.regex'].map((host) => ({
      line: 'GET /',
      host,
    })),
  },
  {
    name: 'the host of an absolute request line takes the place of the field',
    servers: `server { listen LISTEN; server_name target.test; location / { return 200 "$host $http_host"; } }`,
    asks: [
      {
        line: 'GET',
        raw: 'GET http://target.test/ HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
      },
    ],
  },
  {
    name: 'requests that cannot be read, or are for no path',
    server: 'error_page 400 405 https://other.test/e; location / { return 200 "$uri"; }',
    asks: [
      { line: 'OPTIONS *', raw: 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n' },
      { line: 'GET /é', raw: 'GET /\xc3\xa9 HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n' },
      { line: 'GET /#a', raw: 'GET /#a HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n' },
      { line: 'get /', raw: 'get / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n' },
      { line: 'GET /port', host: 'a.test:99999' },
      { line: 'GET /two', headers: ['Host: other.test'] },
      'GET /%00',
    ],
  },
  {
    name: 'a name with a dot in front is two, of which another server may have one',
    servers: `
      server { listen LISTEN; server_name part.test; location / { return 200 "exact"; } }
      server { listen LISTEN; server_name .part.test; location / { return 200 "dotted"; } }
    `,
    asks: ['part.test', 'x.part.test'].map((host) => ({ line: 'GET /', host })),
  },
];
