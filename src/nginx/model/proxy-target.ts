/**
 * The argument of `proxy_pass`: where requests go, and what becomes of their path.
 *
 * Without a path the request's own goes on as the client sent it; with one, even `/`, it takes the place of what the location
 * matched; with variables it is used as it is (src/http/modules/ngx_http_proxy_module.c).
 */
import { type Problem, problemAt } from '../errors.ts';
import type { Setting } from '../level.ts';
import { hasVariables } from '../template.ts';
import { placeOfWord, type Word } from '../tree.ts';

export type ProxyTarget = {
  readonly setting: Setting;
  /** As written. */
  readonly url: string;
  /** Any part of the URL differs from one request to the next; then the parts below are templates. */
  readonly isTemplate: boolean;
  /** Undefined when it comes out of a variable. */
  readonly scheme: 'http' | 'https' | undefined;
  /** `host`, `host:port`, or the path of a socket behind `unix:`. */
  readonly authority: string;
  /** Without the port; the name of an upstream, or a host; IPv6 in brackets. Undefined for a socket. */
  readonly host: string | undefined;
  /** As written, or the scheme's; undefined for a socket or when it comes out of a variable. */
  readonly port: number | undefined;
  readonly hasPort: boolean;
  /** The path and what follows; undefined when there is none. */
  readonly uri: string | undefined;
};

const schemes = ['http', 'https'] as const;

export function parseProxyTarget(setting: Setting): ProxyTarget | Problem {
  const { directive } = setting;
  const [word] = directive.args as readonly [Word];
  const url = word.value;
  const isTemplate = hasVariables(url);
  const [prefix = '', schemeText = ''] = /^([^/?]*):\/\//.exec(url) ?? [];
  const scheme = schemes.find((known) => known === schemeText.toLowerCase());
  if (scheme === undefined && !isTemplate) {
    return problemAt('HW_NGINX_VALUE', placeOfWord(directive, word), 'invalid URL prefix', {
      remedy: 'write http:// or https:// before the host',
    });
  }
  const rest = url.slice(prefix.length);
  const common = { setting, url, isTemplate, scheme };
  const socket = /^unix:([^:]*)(?::(.*))?$/s.exec(rest);
  if (socket !== null) {
    const [, path = '', uri = ''] = socket;
    const target = { host: undefined, port: undefined, hasPort: false };
    return { ...common, ...target, authority: path, uri: uri === '' ? undefined : uri };
  }
  const slash = rest.search(/[/?]/);
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const uri = slash === -1 ? undefined : rest.slice(slash);
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority);
  const [, host = '', portText] = parts ?? [];
  if (!isTemplate && (host === '' || (portText !== undefined && !isPort(portText)))) {
    return problemAt(
      'HW_NGINX_VALUE',
      placeOfWord(directive, word),
      host === '' ? `no host in "${url}"` : `invalid port in "${url}"`,
    );
  }
  return {
    ...common,
    authority,
    host,
    port: portOf(portText, scheme),
    hasPort: portText !== undefined,
    uri,
  };
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function portOf(
  text: string | undefined,
  scheme: 'http' | 'https' | undefined,
): number | undefined {
  if (text !== undefined) return isPort(text) ? Number(text) : undefined;
  if (scheme === undefined) return undefined;
  return scheme === 'https' ? 443 : 80;
}
