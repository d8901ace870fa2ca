/** Addresses, what a client may send and how long it may take. */
import { ask, type PeerCase } from '../peer-case.ts';

export const listeningCases: readonly PeerCase[] = [
  {
    name: 'servers of one port are chosen by the address that the client came to, then by name',
    servers: `
      server { listen 127.0.0.2:PORT; server_name near.test; return 200 "near"; }
      server { listen 127.0.0.2:PORT default_server; server_name nearer.test; return 200 "nearer"; }
      server { listen *:PORT; server_name every.test; return 200 "every"; }
      server { listen *:PORT; server_name near.test; return 200 "near of every"; }
      server { listen [::1]:PORT; server_name six.test; return 200 "six $server_addr"; }
    `,
    asks: [
      ...['near.test', 'nearer.test', 'every.test', 'other.test'].flatMap((host) =>
        ['127.0.0.5', '127.0.0.2', '127.0.0.3'].map(
          (at) => ({ line: 'GET /', host, at, to: 'PORT' }) as const,
        ),
      ),
      { line: 'GET /', host: 'every.test', at: '::1', to: 'PORT' },
    ],
  },
  {
    name: 'a name is listened on at all of its addresses',
    servers: `
      server { listen localhost:PORT; server_name by-name.test; return 200 "name $server_addr"; }
      server { listen 127.0.0.1:PORT; server_name by-address.test; return 200 "address"; }
    `,
    asks: ['127.0.0.1', '::1'].flatMap((at) =>
      ['by-name.test', 'by-address.test', 'other.test'].map(
        (host) => ({ line: 'GET /', host, at, to: 'PORT' }) as const,
      ),
    ),
  },
  {
    name: 'a server may have several addresses',
    servers: `
      server { listen LISTEN; listen 127.0.0.1:PORT; server_name several.test; return 200 "both"; }
    `,
    asks: [
      { line: 'GET /', host: 'several.test' },
      { line: 'GET /', host: 'several.test', to: 'PORT' },
    ],
  },
  {
    name: 'a head may be as large as large_client_header_buffers says',
    server: 'location / { return 200 "fits"; }',
    asks: [
      ask('GET /', `X-Large: ${'x'.repeat(7000)}`),
      ask('GET /', ...['A', 'B', 'C'].map((name) => `X-${name}: ${'x'.repeat(7000)}`)),
      ask('GET /', ...['A', 'B', 'C', 'D', 'E'].map((name) => `X-${name}: ${'x'.repeat(8000)}`)),
      { line: `GET /${'x'.repeat(40_000)}` },
    ],
  },
  {
    name: 'requests follow each other on a connection, and keepalive_timeout 0 ends it',
    servers: `
      server { listen LISTEN; server_name kept.test; keepalive_timeout 5s; location / { return 200 "$connection_requests"; } }
      server { listen LISTEN; server_name ended.test; keepalive_timeout 0; location / { return 200 "$connection_requests"; } }
    `,
    asks: ['kept.test', 'ended.test'].map((host) => ({
      line: 'GET',
      raw: `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /b HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    })),
  },
  {
    name: 'redirects name the host, or only the path with absolute_redirect off',
    servers: `
      server { listen LISTEN; server_name absolute-redirects.test; location / { return 301 /to; } }
      server { listen LISTEN; server_name relative-redirects.test; absolute_redirect off; location / { return 301 /to; } }
    `,
    asks: ['absolute-redirects.test', 'relative-redirects.test'].map((host) => ({
      line: 'GET /',
      host,
    })),
  },
  {
    name: 'locations may say otherwise, and redirects may be without port or name the server',
    servers: `
      server { listen LISTEN; server_name first-name.test other-name.test; port_in_redirect off;
        rewrite ^/early /to redirect;
        location / { return 301 /to; }
        location /slash/ { proxy_pass http://UP_A; }
        location /port { port_in_redirect on; return 302 /to; }
        location /path { absolute_redirect off; return 302 /to; }
        location /name { server_name_in_redirect on; return 302 /to; }
        location /all { server_name_in_redirect on; port_in_redirect on; return 302 /to; location /all/path { absolute_redirect off; return 302 /to; } }
        location /changed { port_in_redirect on; server_name_in_redirect on; proxy_redirect http://up.test/ /new/; proxy_pass http://UP_A; }
      }
      server { listen 127.0.0.4:PORT; server_name named.test; location / { return 301 /to; } location /name { server_name_in_redirect on; return 301 /to; } }
    `,
    asks: [
      ...['/', '/early', '/slash', '/port', '/path', '/name', '/all', '/all/path'].map((path) => ({
        line: `GET ${path}`,
        host: 'other-name.test',
      })),
      {
        line: 'GET /changed',
        host: 'other-name.test',
        headers: ['X-Answer-Status: 302', 'X-Answer-Field: Location: http://up.test/a'],
      },
      ...['/', '/name'].map(
        (path) =>
          ({
            line: path,
            raw: `GET ${path} HTTP/1.0\r\n\r\n`,
            at: '127.0.0.4',
            to: 'PORT',
          }) as const,
      ),
    ],
  },
  {
    name: 'a field with an underscore in its name is only passed on when underscores_in_headers is on',
    servers: `
      server { listen LISTEN; server_name dashes.test; location / { proxy_pass http://UP_A; } }
      server { listen LISTEN; server_name underscores.test; underscores_in_headers on; location / { proxy_pass http://UP_A; } }
    `,
    asks: ['dashes.test', 'underscores.test'].map((host) => ({
      line: 'GET /',
      host,
      headers: ['X_Under: 1', 'X-Dash: 2'],
    })),
  },
];
