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
];
