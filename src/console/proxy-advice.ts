/**
 * What lets WebSockets pass through the proxies that people have, by the name that each gives in its `Server` field.
 *
 * Sources: https://nginx.org/en/docs/http/websocket.html (the three directives; HTTP/1.0 was the default until 1.29.7),
 * https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#protoupgrade (2.4.47),
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades, and the documents of the products.
 */
import type { TransportReport } from '../wire/api.ts';

/** What a request for a WebSocket lacked when it arrived: HTTP/1.1, or the token in one of the two fields. */
export type Lack = 'version' | 'upgrade' | 'connection';

export type Fix = NonNullable<TransportReport['fix']>;

type ProxyAdvice = {
  readonly product: RegExp;
  /** Undefined where there is nothing to write. */
  readonly fix?: (lacks: readonly Lack[]) => Fix;
  /** Ends the sentence, after a comma. */
  readonly remark?: string;
  /** Whether it also answers the request itself when it is not set up for it, so that nothing arrives. */
  readonly answersItself?: boolean;
};

const nginxLines: Readonly<Record<Lack, string>> = {
  version: 'proxy_http_version 1.1;',
  upgrade: 'proxy_set_header Upgrade $http_upgrade;',
  connection: 'proxy_set_header Connection "upgrade";',
};

const inNginx = 'in the location that has proxy_pass';

function nginxFix(where: string): (lacks: readonly Lack[]) => Fix {
  return (lacks) => ({ where, lines: lacks.map((lack) => nginxLines[lack]) });
}

const passesByItself =
  'which it does not do unless told to; look for lines that remove these fields, or for a second proxy';

const known: readonly ProxyAdvice[] = [
  {
    // Nginx Proxy Manager is an OpenResty.
    product: /^openresty/i,
    fix: nginxFix(
      `Nginx Proxy Manager: switch on "Websockets Support" of this proxy host. OpenResty by itself: ${inNginx}`,
    ),
  },
  { product: /^nginx/i, fix: nginxFix(`nginx: ${inNginx}`) },
  {
    product: /^apache/i,
    fix: () => ({
      where: 'Apache 2.4.47 or later: at the end of the ProxyPass line that leads to Hatchway',
      lines: ['upgrade=websocket'],
    }),
  },
  {
    // Envoy refuses with 403 what it is not told to upgrade; Pomerium is built on it.
    product: /^envoy/i,
    answersItself: true,
    fix: () => ({
      where:
        'Envoy: in the route or the HTTP connection manager. Pomerium: allow_websockets: true in the route',
      lines: ['upgrade_configs:', '  - upgrade_type: websocket'],
    }),
  },
  {
    product: /^awselb/i,
    answersItself: true,
    remark:
      'as a classic load balancer does; an application load balancer, or a TCP listener, passes WebSockets',
  },
  {
    product: /^cloudflare/i,
    answersItself: true,
    remark: 'where WebSockets can be switched on under Network',
  },
  { product: /^caddy/i, remark: passesByItself },
  { product: /^traefik/i, remark: passesByItself },
  { product: /^haproxy/i, remark: passesByItself },
];

const unknown: ProxyAdvice = {
  product: /^/,
  fix: nginxFix(`If that proxy is nginx: ${inNginx}`),
};

/** The proxy that a `Server` field names: a word for it in a sentence, and what is known of it. */
export function proxyNamed(server: string | undefined): { name: string; advice: ProxyAdvice } {
  // It is shown to people, so no more of it than a product's name.
  const product = /^[\w.!#$%&'*+^`|~/-]{1,60}/.exec(server ?? '')?.[0] ?? '';
  return {
    name: product === '' ? 'a proxy' : `the proxy (${product})`,
    advice: known.find((advice) => advice.product.test(product)) ?? unknown,
  };
}
