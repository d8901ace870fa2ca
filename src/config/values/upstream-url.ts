/** Where a site sends its requests: the value of `to`. Whether anybody answers there is found out by connecting. */
import { configError } from '../errors.ts';
import type { Template } from '../rule-model.ts';
import { literalDollar, parseTemplateText } from './template.ts';

export type UpstreamUrl = {
  /** As the configuration has it. */
  readonly text: string;
  readonly scheme: 'http' | 'https' | 'unix';
  /** Whether TLS is spoken on a socket; elsewhere the scheme says so. */
  readonly tls?: boolean;
  /** Without brackets for IPv6; empty for unix. */
  readonly host: string;
  /** 0 for unix. */
  readonly port: number;
  /** Whether the port is written: a host without may be the name of an upstream. */
  readonly hasPort: boolean;
  /** The socket for unix, else empty. */
  readonly socketPath: string;
  /** Percent-encoded; empty when there is none, not even a `/`. It takes the place of the route's own path. */
  readonly path: string;
  /** Present when there are variables in it, with which everything but the scheme is open. */
  readonly computed?: {
    readonly url: Template;
    /** What is asked for; undefined: what the client asked for. */
    readonly uri?: Template;
  };
};

/** As `parseUpstreamUrl`, for an upstream that may be computed. Throws `HW_CONFIG_INVALID`. */
export function parseTarget(text: string): UpstreamUrl {
  return text.includes('$')
    ? computedUrl(text)
    : parseUpstreamUrl(text.replaceAll(literalDollar, '$'));
}

/** As `parseUpstreamUrl`, for one server of several. Throws `HW_CONFIG_INVALID`. */
export function parseServerUrl(text: string): UpstreamUrl {
  if (text.includes('$')) {
    throw configError(
      'HW_CONFIG_INVALID',
      `\`${text}\` has a variable, and is one server of several`,
      {
        remedy: 'write `to: http://$name` alone; `$name` may be one of `upstreams`',
      },
    );
  }
  return parseUpstreamUrl(text.replaceAll(literalDollar, '$'));
}

/** The parts of it as nginx finds them in a proxy_pass with variables (ngx_http_proxy_module.c, ngx_http_proxy_eval). */
function computedUrl(text: string): UpstreamUrl {
  const [prefix = '', scheme] = /^([^/?]*):\/\//.exec(text) ?? [];
  if (scheme === undefined ? !text.startsWith('$') : !/^(?:https?|\$\w+)$/i.test(scheme)) {
    throw configError('HW_CONFIG_INVALID', `\`${text}\` does not say http or https`, {
      remedy: `write http://${text} or https://…; a variable that has all of it comes first`,
    });
  }
  const rest = text.slice(prefix.length);
  const socketUri = /^unix:[^:]*(?::(.*))?$/s.exec(rest);
  const slash = rest.search(/[/?]/);
  const plainUri = slash === -1 ? undefined : rest.slice(slash);
  const uri = socketUri === null ? plainUri : socketUri[1];
  return {
    text,
    scheme: scheme?.toLowerCase() === 'https' ? 'https' : 'http',
    host: '',
    port: 0,
    hasPort: false,
    socketPath: '',
    path: '',
    computed: {
      url: parseTemplateText(text),
      ...(uri === undefined || uri === '' ? {} : { uri: parseTemplateText(uri) }),
    },
  };
}

/**
 * `http://host[:port][/path]`, `https://host[:port][/path]`, or plain HTTP on `unix:/socket` and `unix:/socket:/path`.
 * Throws `HW_CONFIG_INVALID`.
 */
export function parseUpstreamUrl(text: string): UpstreamUrl {
  const unix = /^(?:http(s)?:\/\/)?unix:(?:\/\/(?=\/))?(.*)$/s.exec(text);
  if (unix !== null) return { ...unixUrl(unix[2] ?? '', text), tls: unix[1] !== undefined };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') throw unknownScheme(text, scheme);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const port = url?.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url?.port);
  if (url === undefined || port === 0) {
    const digits = /:(\d+)(?:\/|$)/.exec(text.slice(scheme.length + 3))?.[1];
    const portIsWrong = digits !== undefined && (Number(digits) === 0 || Number(digits) > 65_535);
    throw configError(
      'HW_CONFIG_INVALID',
      portIsWrong ? `port ${digits} in \`${text}\` is not 1 to 65535` : `\`${text}\` is not a URL`,
      { remedy: `write it as ${scheme}://HOST:PORT` },
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw configError('HW_CONFIG_INVALID', 'a URL in `to` has no user and password', {
      remedy: `write ${scheme}://${url.host}; the browser's own Authorization passes through`,
    });
  }
  if (text.includes('#')) {
    throw configError(
      'HW_CONFIG_INVALID',
      `\`${text}\` has a #, behind which is the browser's own`,
      {
        remedy: `write ${scheme}://${url.host}${url.pathname}`,
      },
    );
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  // URL gives every http URL a path; whether one was written makes the difference here.
  const rest = text.slice(scheme.length + '://'.length);
  return {
    text,
    scheme,
    host,
    port,
    hasPort: /^(?:\[[^\]]*\]|[^:/?]*):/.test(rest),
    socketPath: '',
    path: /[/?]/.test(rest) ? `${url.pathname}${url.search}` : '',
  };
}

/** `rest` is the socket's path and, as nginx writes it, behind a colon the path of requests. */
function unixUrl(rest: string, text: string): UpstreamUrl {
  const [socketPath, path = '', ...more] = rest.split(':') as [string, ...string[]];
  if (socketPath === '') {
    throw configError('HW_CONFIG_INVALID', '`unix:` names no socket', {
      remedy: 'write unix:/run/app.sock',
    });
  }
  const isPath = path === '' ? !rest.includes(':') : /^\/[^#]*$/.test(path);
  if (!isPath || more.length > 0) {
    throw configError('HW_CONFIG_INVALID', `behind its socket \`${text}\` has no path`, {
      remedy: `write unix:${socketPath} or unix:${socketPath}:/path/`,
    });
  }
  const url = new URL(path, 'http://localhost');
  const encoded = path === '' ? '' : `${url.pathname}${url.search}`;
  const nowhere = { host: '', port: 0, hasPort: false };
  return { text, scheme: 'unix', ...nowhere, socketPath, path: encoded };
}

function unknownScheme(text: string, scheme: string | undefined): Error {
  if (scheme === undefined) {
    return configError('HW_CONFIG_INVALID', `\`${text}\` does not say http or https`, {
      remedy: `write http://${text.replace(/^[a-z]*:?\/+/i, '')} or https://…`,
    });
  }
  const rest = text.slice(scheme.length);
  return configError('HW_CONFIG_INVALID', `\`${scheme}\` is not a scheme that \`to\` knows`, {
    remedy:
      scheme === 'ws' || scheme === 'wss'
        ? `write http${scheme === 'wss' ? 's' : ''}${rest}; WebSockets pass there without any setting`
        : scheme === 'tcp'
          ? `write http${rest}`
          : 'write http://host:port, https://host:port or unix:/path',
  });
}
