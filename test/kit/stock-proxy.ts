/** The nginx of the first report: somebody's reverse proxy, with and without the three lines that let WebSockets pass. */
import type { Certificate } from './certificate.ts';
import type { NginxHttp } from './nginx.ts';

/** The lines that were missing. */
export const upgradeLines = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
] as const;

/**
 * Everything to `origin`, as people write it: the Host that arrives there is nginx's default ($proxy_host), nothing says
 * that the browser spoke https, and a response is buffered unless it says otherwise.
 */
export function stockProxy(
  origin: string,
  options: {
    upgrades: boolean;
    certificate?: Certificate;
    /** `proxy_read_timeout`: how long a connection may be silent. Default: nginx's, 60 s. */
    readTimeout?: string;
  },
): NginxHttp {
  const { upgrades, certificate, readTimeout } = options;
  return ({ listen }) => `
  server {
    listen ${listen}${certificate === undefined ? '' : ' ssl'};
    ${certificate === undefined ? '' : `ssl_certificate ${certificate.certPath};`}
    ${certificate === undefined ? '' : `ssl_certificate_key ${certificate.keyPath};`}
    location / {
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_pass ${origin};
      ${readTimeout === undefined ? '' : `proxy_read_timeout ${readTimeout};`}
      ${upgrades ? upgradeLines.join('\n      ') : ''}
    }
  }`;
}
