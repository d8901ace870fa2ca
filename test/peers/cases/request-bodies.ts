/** Bodies of requests on their way to a server, and to the next one when that fails. */
import type { Ask, PeerCase } from '../peer-case.ts';

/** Of each method, with a body. */
function bodies(path: string): Ask[] {
  return ['PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'LOCK'].map((method) => ({
    line: `${method} ${path}`,
    body: `${method} with a body`,
  }));
}

const chunked = (path: string, body: string): Ask => ({
  line: '',
  raw: `PUT ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
});

export const requestBodyCases: readonly PeerCase[] = [
  {
    name: 'a body that a server has had goes to the next one, by method',
    http: 'upstream silent.test { server UP_SILENT max_fails=0; server UP_A backup; }',
    server: `
      proxy_read_timeout 100ms;
      location /usual { proxy_pass http://silent.test; }
      location /twice { proxy_next_upstream timeout non_idempotent; proxy_pass http://silent.test; }
      location /never { proxy_next_upstream off; proxy_pass http://silent.test; }
      location /whole { proxy_request_buffering on; proxy_pass http://silent.test; }
    `,
    asks: [
      ...bodies('/usual'),
      { line: 'POST /twice', body: 'twice' },
      { line: 'PUT /never', body: 'once' },
      { line: 'PUT /whole', body: 'x'.repeat(300_000) },
      { line: 'POST /whole', body: 'once' },
    ],
  },
  {
    name: 'a body that no server has had goes to the next one, whatever the method',
    http: 'upstream refusing.test { server UP_NONE max_fails=0; server UP_A backup; }',
    server: `
      location / { proxy_pass http://refusing.test; }
      location /whole { proxy_request_buffering on; proxy_pass http://refusing.test; }
    `,
    asks: [...bodies('/usual'), ...bodies('/whole')],
  },
  {
    name: 'a body goes along when a status is for another server',
    http: 'upstream answering.test { server UP_A max_fails=0; server UP_B backup; }',
    server: `
      location / { proxy_next_upstream http_503; proxy_pass http://answering.test; }
      location /twice { proxy_next_upstream http_503 non_idempotent; proxy_pass http://answering.test; }
    `,
    asks: [
      { line: 'PUT /', body: 'put', headers: ['X-Answer-Status: 503'] },
      { line: 'POST /', body: 'post', headers: ['X-Answer-Status: 503'] },
      { line: 'POST /twice', body: 'post', headers: ['X-Answer-Status: 503'] },
    ],
  },
  {
    name: 'a body that is gathered has a length, and no server is asked for one that is too long or broken',
    server: `
      client_max_body_size 16;
      proxy_request_buffering on;
      location / { proxy_pass http://UP_A; }
      location /page { error_page 413 = @page; proxy_pass http://UP_A; }
      location @page { return 200 "too long"; }
    `,
    asks: [
      chunked('/', '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'),
      chunked('/', '0\r\n\r\n'),
      chunked('/', '5\r\nhello\r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n'),
      chunked('/', '11\r\n12345678901234567\r\n0\r\n\r\n'),
      chunked('/page', '11\r\n12345678901234567\r\n0\r\n\r\n'),
      chunked('/', 'x\r\nhello\r\n0\r\n\r\n'),
    ],
  },
];
