/**
 * How the reference of hatchway.yaml is divided: which keys belong together, what is said before them, and an example. A
 * test sees to it that every key is in one chapter and that every example is a configuration without a problem.
 */

export type Chapter = {
  readonly title: string;
  readonly intro: string;
  /** A file, or the part of one that matters. */
  readonly example: string;
  /** Whether the keys are those of the file or those of a site. */
  readonly of: 'file' | 'site';
  readonly keys: readonly string[];
};

export const chapters: readonly Chapter[] = [
  {
    title: 'The file',
    intro: 'Where the gateway listens, what it writes, and how it ends.',
    example: `listen: [127.0.0.1:8022, { address: "[::1]:8022", reusePort: true }]
accessLog: { to: /var/log/hatchway/access.log, format: json }
trustedProxies: [10.0.0.0/8]
admin: 127.0.0.1:9022
drain: 30s
`,
    of: 'file',
    keys: [
      'listen',
      'publicUrl',
      'accessLog',
      'trustedProxies',
      'http2',
      'reusePort',
      'drain',
      'admin',
      'resolver',
      'sites',
    ],
  },
  {
    title: 'Shared by sites',
    intro:
      'What several sites use: servers under a name, and variables that are looked up. The names of both are your own.',
    example: `upstreams:
  app: { servers: [10.0.0.1:8080, { address: 10.0.0.2:8080, weight: 2 }], balance: least_conn }
  canary: { servers: 10.0.0.3:8080 }
maps:
  backend: { of: $cookie_release, values: { next: canary }, default: app }
sites:
  - { host: app.example.com, to: http://$backend }
  - { host: www.example.com, to: http://app }
`,
    of: 'file',
    keys: ['upstreams', 'maps', 'types'],
  },
  {
    title: 'The console',
    intro: 'Shells in the browser: who finds them where, and where they are opened.',
    example: `console:
  host: console.example.com
  grace: 1h
  targets:
    docker: { host: unix:///var/run/docker.sock }
    local: false
`,
    of: 'file',
    keys: ['console'],
  },
  {
    title: 'Limits of clients',
    intro:
      'What a client may take. Everything above is answered with its own status, and a line in the log.',
    example: `limits:
  connections: 16384
  connectionsPerAddress: 100
  ratePerAddress: { perSecond: 20, burst: 40 }
  zones:
    logins: { key: $remote_addr, perSecond: 0.2 }
    users: { key: $remote_user }
sites:
  - to: http://127.0.0.1:3000
    host: app.example.com
    limits: { connections: [{ zone: users, most: 16 }] }
    routes:
      - { path: /login, limits: { requests: [{ zone: logins, burst: 5, undelayed: all }] } }
`,
    of: 'file',
    keys: ['limits'],
  },
  {
    title: 'Sites and routes',
    intro:
      'A site is chosen by host, as nginx chooses a `server`, and in it a route by path, as nginx chooses a `location`. What no route is for goes where the site says.',
    example: `sites:
  - host: [app.example.com, "*.app.example.com"]
    listen: 0.0.0.0:443
    cert: /etc/hatchway/cert.pem
    key: /etc/hatchway/key.pem
    to: http://127.0.0.1:3000
    routes:
      - path: /api/
        to: http://127.0.0.1:3001
        timeouts: { read: 5m }
      - path: /upload/
        maxBody: 1GiB
`,
    of: 'site',
    keys: [
      'host',
      'listen',
      'cert',
      'key',
      'passphrases',
      'tls',
      'trustedProxies',
      'limits',
      'mergeSlashes',
      'routes',
    ],
  },
  {
    title: 'Where requests go',
    intro:
      'To an upstream, elsewhere in the browser, to a folder, or nowhere because the answer is here. A site has one of these, and so has a route.',
    example: `sites:
  - host: app.example.com
    to:
      - http://10.0.0.1:8080
      - { url: http://10.0.0.2:8080, weight: 2 }
      - { url: http://10.0.0.3:8080, backup: true }
    routes:
      # /v1/users is asked for as /users.
      - { path: /v1/, to: http://10.0.0.4:8080/ }
      - { path: /docs/, files: /srv/www }
      - { path: = /robots.txt, answer: "User-agent: *\\nDisallow: /\\n" }
  - host: www.example.com
    redirect: { to: "https://example.com$request_uri", status: 301 }
`,
    of: 'site',
    keys: ['to', 'redirect', 'answer', 'files'],
  },
  {
    title: 'Rules',
    intro:
      "What is done for a request before a route is chosen, or, on a route, once it has been: nginx's `set`, `rewrite`, `return` and `if`. Rules are run in order; each does one thing, always or when its `if` holds.",
    example: `sites:
  - host: app.example.com
    to: http://127.0.0.1:3000
    rules:
      - { if: $http_user_agent ~* badbot, answer: 403 }
      - { rewrite: { path: ~ ^/old/(.*)$, to: /new/$1, status: 301 } }
      - if: $request_method = POST
        rules:
          - { set: { kind: writing } }
          - { rewrite: { path: ~ ^/v1/(.*)$, to: /v2/$1, next: route } }
`,
    of: 'site',
    keys: ['rules'],
  },
  {
    title: 'The application and its servers',
    intro:
      'How to talk to the servers of `to`, and which of them. Nothing of this is needed for one server that speaks plain HTTP.',
    example: `sites:
  - host: nomad.example.com
    to: [https://nomad-1.internal:4646, https://nomad-2.internal:4646]
    profile: nomad
    health: /v1/agent/health
    upstreamTls: { ca: /etc/nomad/ca.pem, serverName: server.global.nomad }
  - host: shop.example.com
    to: [http://10.0.0.1:8080, http://10.0.0.2:8080]
    balance: least_conn
    sticky: server
    retry: { on: [error, timeout, http_503], tries: 2 }
    timeouts: { connect: 2s, read: off }
`,
    of: 'site',
    keys: [
      'profile',
      'balance',
      'sticky',
      'health',
      'keepAlive',
      'retry',
      'upstreamTls',
      'timeouts',
      'resolver',
    ],
  },
  {
    title: 'Who may make requests',
    intro: 'Asked before anything goes to an upstream, WebSockets included.',
    example: `sites:
  - host: portainer.example.com
    to: http://127.0.0.1:9000
    auth:
      basic: { file: /etc/hatchway/users, realm: Operators }
      allow: [10.0.0.0/8, 192.0.2.7]
    routes:
      - { path: /api/webhooks/, auth: off }
  - host: grafana.example.com
    to: http://127.0.0.1:3000
    auth:
      forward:
        to: http://authelia:9091/api/authz/forward-auth
        headers: [Remote-User, Remote-Groups]
  - host: wiki.example.com
    to: http://127.0.0.1:3001
    auth:
      forward:
        to: http://oauth2-proxy:4180/oauth2/auth
        signIn: https://auth.example.com/oauth2/sign_in?rd=$scheme://$http_host$request_uri
`,
    of: 'site',
    keys: ['auth'],
  },
  {
    title: 'What is changed on the way',
    intro:
      'Host and Origin reach the upstream as the browser sent them, and `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `Forwarded` say what the gateway knows. Everything else is passed on as it is, unless one of these keys says otherwise.',
    example: `sites:
  - host: app.example.com
    to: https://app.internal:8443
    origin: upstream
    maxBody: 100MiB
    tunnel: { ping: 25s }
    headers:
      request: { set: { X-Api-Token: "file:/run/secrets/token" } }
      response:
        set: { Strict-Transport-Security: max-age=63072000 }
        remove: [Server]
    errorPages: [{ status: [502, 503, 504], to: /sorry.html }]
    routes:
      - { path: = /sorry.html, internal: true, answer: "Back in a minute.\\n" }
`,
    of: 'site',
    keys: [
      'origin',
      'allowedOrigins',
      'headers',
      'sent',
      'forwarded',
      'ownRedirects',
      'upstreamRedirects',
      'upstreamCookies',
      'expires',
      'maxBody',
      'upgrade',
      'tunnel',
      'errorPages',
      'interceptErrors',
      'accessLog',
    ],
  },
];
