/** TLS towards clients. */
import type { PeerCase } from '../peer-case.ts';

const own = 'ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;';
const seen =
  'return 200 "$host $scheme $https $ssl_server_name $ssl_protocol $ssl_client_verify $ssl_client_s_dn";';

export const tlsCases: readonly PeerCase[] = [
  {
    name: 'a server is chosen by the name of the request, behind the one of the handshake',
    http: 'ssl_protocols TLSv1.2 TLSv1.3;',
    servers: `
      server { listen TLS ssl default_server; server_name first.tls.test; ${own} location / { ${seen} } }
      server { listen TLS ssl; server_name second.tls.test; ${own} location / { return 200 "second"; } location /to { return 301 /there; } }
      server { listen TLS ssl; server_name borrower.tls.test; location / { return 200 "borrower"; } }
    `,
    asks: [
      { line: 'GET /', host: 'first.tls.test', tls: {} },
      { line: 'GET /', host: 'second.tls.test', tls: {} },
      { line: 'GET /to', host: 'second.tls.test', tls: {} },
      { line: 'GET /', host: 'borrower.tls.test', tls: {} },
      { line: 'GET /', host: 'unknown.tls.test', tls: {} },
      { line: 'GET /', host: 'first.tls.test', tls: { name: null } },
      { line: 'GET /', host: 'second.tls.test', tls: { name: 'first.tls.test' } },
    ],
  },
  {
    name: 'certificates of clients are asked for, needed or only told of',
    servers: `
      server { listen TLS ssl; server_name members.tls.test; ${own} ssl_client_certificate FOLDER/client.pem; ssl_verify_client on; ssl_verify_depth 2; location / { ${seen} } }
      server { listen TLS ssl; server_name guests.tls.test; ${own} ssl_client_certificate FOLDER/client.pem; ssl_verify_client optional; location / { ${seen} } }
      server { listen TLS ssl; server_name anybody.tls.test; ${own} ssl_verify_client optional_no_ca; location / { return 200 "$ssl_client_s_dn"; } }
    `,
    asks: ['members.tls.test', 'guests.tls.test', 'anybody.tls.test'].flatMap((host) => [
      { line: 'GET /', host, tls: {} },
      { line: 'GET /', host, tls: { shows: 'client' } },
      { line: 'GET /', host, tls: { shows: 'stranger' } },
      { line: 'GET /', host, tls: { name: 'first.tls.test', shows: 'client' } },
    ]),
  },
  {
    name: 'certificates that are wrong or missing, and plain HTTP, have pages of their own',
    servers: `
      server { listen TLS ssl; server_name pages.tls.test; ${own} ssl_client_certificate FOLDER/client.pem; ssl_verify_client on;
        error_page 495 /wrong; error_page 496 =403 /none; error_page 497 https://$host:1$request_uri;
        location / { ${seen} } location = /wrong { return 200 "wrong $status"; } location = /none { return 200 "none $status"; } }
      server { listen TLS ssl; server_name moved.tls.test; ${own} error_page 497 =301 https://$host$request_uri; location / { ${seen} } }
      server { listen TLS ssl; server_name inside.tls.test; ${own} error_page 497 /plain; location / { ${seen} } location = /plain { return 200 "$scheme"; } }
      server { listen TLS ssl; server_name plain.tls.test; ${own} location / { ${seen} } }
    `,
    asks: [
      { line: 'GET /', host: 'pages.tls.test', tls: {} },
      { line: 'GET /', host: 'pages.tls.test', tls: { shows: 'client' } },
      { line: 'GET /', host: 'pages.tls.test', tls: { shows: 'stranger' } },
      { line: 'GET /a?b', host: 'pages.tls.test', to: 'TLS' },
      { line: 'GET /a', host: 'moved.tls.test', to: 'TLS' },
      { line: 'GET /a', host: 'inside.tls.test', to: 'TLS' },
      { line: 'GET /a', host: 'plain.tls.test', to: 'TLS' },
    ],
  },
  {
    name: 'certificates of clients may be revoked, or too far from their authority',
    servers: `
      server { listen TLS ssl; server_name near.tls.test; ${own} ssl_client_certificate FOLDER/root.pem; ssl_verify_client on; location / { ${seen} } }
      server { listen TLS ssl; server_name far.tls.test; ${own} ssl_client_certificate FOLDER/root.pem; ssl_verify_client optional; ssl_verify_depth 2; location / { ${seen} } }
      server { listen TLS ssl; server_name kept.tls.test; ${own} ssl_client_certificate FOLDER/root.pem; ssl_verify_client on; ssl_verify_depth 2; ssl_crl FOLDER/lists.crl; location / { ${seen} } }
      server { listen TLS ssl; server_name none.tls.test; ${own} ssl_client_certificate FOLDER/root.pem; ssl_verify_client on; ssl_verify_depth 0; location / { ${seen} } }
    `,
    asks: ['near.tls.test', 'far.tls.test', 'kept.tls.test', 'none.tls.test'].flatMap((host) =>
      (['near', 'far', 'gone', 'client'] as const).map((shows) => ({
        line: 'GET /',
        host,
        tls: { shows },
      })),
    ),
  },
  {
    name: 'keys may have passphrases, and OpenSSL may be told more',
    servers: `
      server { listen 127.0.0.3:PORT ssl; server_name locked.tls.test; ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.locked; ssl_password_file FOLDER/passphrases;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_conf_command Options PrioritizeChaCha,-SessionTicket; ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384;
        location / { return 200 "$ssl_protocol $ssl_cipher"; } }
      server { listen 127.0.0.2:PORT ssl; server_name new.tls.test; ${own} ssl_conf_command MinProtocol TLSv1.3; location / { return 200 "$ssl_protocol"; } }
    `,
    asks: [
      { line: 'GET /', host: 'locked.tls.test', at: '127.0.0.3', to: 'PORT', tls: {} },
      {
        line: 'GET /',
        host: 'locked.tls.test',
        at: '127.0.0.3',
        to: 'PORT',
        tls: { maxVersion: 'TLSv1.2' },
      },
      { line: 'GET /', host: 'new.tls.test', at: '127.0.0.2', to: 'PORT', tls: {} },
      {
        line: 'GET /',
        host: 'new.tls.test',
        at: '127.0.0.2',
        to: 'PORT',
        tls: { maxVersion: 'TLSv1.2' },
      },
    ],
  },
  {
    name: 'handshakes for names that nobody has are refused',
    servers: `
      server { listen 127.0.0.1:PORT ssl default_server; server_name _; ssl_reject_handshake on; }
      server { listen 127.0.0.1:PORT ssl; server_name known.tls.test; ${own} ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL; location / { return 200 "known"; } }
    `,
    asks: [
      { line: 'GET /', host: 'known.tls.test', to: 'PORT', tls: {} },
      { line: 'GET /', host: 'known.tls.test', to: 'PORT', tls: { maxVersion: 'TLSv1.2' } },
      { line: 'GET /', host: 'stranger.tls.test', to: 'PORT', tls: {} },
      { line: 'GET /', host: 'known.tls.test', to: 'PORT', tls: { name: null } },
    ],
  },
];
