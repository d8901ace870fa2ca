/** Where a site sends its requests: the value of `to`. Whether anybody answers there is found out by connecting. */
import { configError } from '../errors.ts';

export type UpstreamUrl = {
  /** As the configuration has it. */
  readonly text: string;
  readonly scheme: 'http' | 'https' | 'unix';
  /** Without brackets for IPv6; empty for unix. */
  readonly host: string;
  /** 0 for unix. */
  readonly port: number;
  /** The socket for unix, else empty. */
  readonly socketPath: string;
  /** Percent-encoded; empty when there is none, not even a `/`. It takes the place of the route's own path. */
  readonly path: string;
};

/**
 * `http://host[:port][/path]`, `https://host[:port][/path]`, or plain HTTP on `unix:/socket` and `unix:/socket:/path`.
 * Throws `HW_CONFIG_INVALID`.
 */
export function parseUpstreamUrl(text: string): UpstreamUrl {
  const unixPath = /^(?:http:\/\/)?unix:(?:\/\/(?=\/))?(.*)$/s.exec(text)?.[1];
  if (unixPath !== undefined) return unixUrl(unixPath, text);
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
  if (/[?#]/.test(text)) {
    throw configError('HW_CONFIG_INVALID', `\`${text}\` has a query, which \`to\` cannot have`, {
      remedy: `write ${scheme}://${url.host}${url.pathname}; the query of the request is passed on as it is`,
    });
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  // URL gives every http URL a path; whether one was written makes the difference here.
  const hasPath = text.includes('/', scheme.length + '://'.length);
  return { text, scheme, host, port, socketPath: '', path: hasPath ? url.pathname : '' };
}

/** `rest` is the socket's path and, as nginx writes it, behind a colon the path of requests. */
function unixUrl(rest: string, text: string): UpstreamUrl {
  const [socketPath, path = '', ...more] = rest.split(':') as [string, ...string[]];
  if (socketPath === '') {
    throw configError('HW_CONFIG_INVALID', '`unix:` names no socket', {
      remedy: 'write unix:/run/app.sock',
    });
  }
  const isPath = path === '' ? !rest.includes(':') : /^\/[^?#]*$/.test(path);
  if (!isPath || more.length > 0) {
    throw configError('HW_CONFIG_INVALID', `behind its socket \`${text}\` has no path`, {
      remedy: `write unix:${socketPath} or unix:${socketPath}:/path/`,
    });
  }
  const encoded = path === '' ? '' : new URL(path, 'http://localhost').pathname;
  return { text, scheme: 'unix', host: '', port: 0, socketPath, path: encoded };
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
