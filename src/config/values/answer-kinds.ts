/** Kinds of value around requests and answers: templates, statuses, networks, origins. */
import { z } from 'zod';
import { parseTime } from '../../nginx/units.ts';
import { configError } from '../errors.ts';
import { attempt, type KindMeta, oneOrMany, text } from './kinds.ts';
import { parseNetworkText } from './network.ts';
import { parseLongText, parseTemplateText } from './template.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

/** One line with variables. */
export function template(expects = 'a text, in which `$host` and the like are variables') {
  return text(expects, parseTemplateText);
}

/** A text of any number of lines, with variables. */
export function longTemplate() {
  return text('a text, in which `$host` and the like are variables', parseLongText);
}

/** `text/html; charset=utf-8` (RFC 9110, 8.3.1). */
export function mediaType() {
  return text('a media type such as `application/json`', (value) => {
    if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(value)) return value;
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a media type`, {
      remedy: 'write type and subtype: text/html; charset=utf-8',
    });
  });
}

/** `{ html: text/html }`: media types by extension, which is in lower case. */
export function mediaTypes() {
  const expects = 'a mapping of extensions to media types, such as `html: text/html`';
  return z
    .record(z.string(), mediaType(), { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((types) =>
      Object.fromEntries(
        Object.entries(types).map(([name, type]) => [name.replace(/^\./, '').toLowerCase(), type]),
      ),
    );
}

/** Networks in the order in which they are looked at; `not` in front of one keeps it out. */
export function allowedNetworks() {
  return oneOrMany(
    'an address or a network such as `10.0.0.0/8`, with or without `not` in front, or a list of these',
    (value) => {
      const denied = /^not\s+(.*)$/s.exec(value)?.[1];
      return [{ allow: denied === undefined, network: parseNetworkText(denied ?? value) }];
    },
  );
}

/** The file of users: a path, in which there may be variables. */
export function usersPath() {
  return text('the path of a file', (value) => {
    if (value !== '') return parseTemplateText(value);
    throw configError('HW_CONFIG_INVALID', 'the path is empty', { remedy: 'name a file' });
  });
}

/** How long an answer may be kept, in nginx's notation; one with variables is read for each request. */
export function expiryText() {
  return text('a time such as `30d`, `max`, `epoch`, `off` or `@15h`', (value) => {
    const isTime = parseTime(value.replace(/^(?:@|-)/, ''), 's') !== undefined;
    if (/^(?:off|max|epoch)$/.test(value) || isTime || value.includes('$')) {
      return parseTemplateText(value);
    }
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not how long an answer may be kept`, {
      remedy: 'write 30d, 12h or 10m; max, epoch, off; or @15h30m for a time of the day',
    });
  });
}

/** Where a redirect goes; what may be in it besides variables is the browser's matter. */
export function redirectTarget() {
  return text('a URL or a path, such as `https://$host$request_uri`', (value) => {
    if (/^(?:https?:\/\/|\/|\$)/i.test(value)) return parseTemplateText(value);
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a URL or a path`, {
      remedy: "begin with https:// or with /; $scheme, $host and $request_uri are the request's",
    });
  });
}

/** Where an error page is: a path of the site, a route by name, or a URL. */
export function pageTarget() {
  return text('a path of the site, `@name` or a URL, such as `/sorry.html`', (value) => {
    if (/^(?:https?:\/\/|\/|@\w|\$)/i.test(value)) return parseTemplateText(value);
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a path or a URL`, {
      remedy: 'write /path; a route of this site answers it, from outside or `internal: true`',
    });
  });
}

/** Those of redirects that have a Location which browsers follow. */
export function redirectStatus() {
  return status('301, 302, 303, 307 or 308', (value) => [301, 302, 303, 307, 308].includes(value));
}

/** Any but those before the answer; 444 closes the connection. */
export function answerStatus() {
  return status('a status from 200 to 599', (value) => value >= 200 && value <= 599);
}

function status(expects: string, fits: (value: number) => boolean) {
  return z
    .number({ error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) =>
      attempt(() => {
        if (Number.isInteger(value) && fits(value)) return value;
        throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a status that fits here`, {
          remedy: `write ${expects}`,
        });
      }, context),
    );
}

/** Of what is refused; 444 closes the connection. */
export function failureStatus() {
  return status('a status from 400 to 599', (value) => value >= 400 && value <= 599);
}

/** Statuses that an error page is for: one or several, `5xx` for all that begin so. */
export function errorStatuses() {
  return oneOrMany('a status such as `502` or `5xx`, or a list of these', (value) => {
    const family = /^([45])xx$/.exec(value)?.[1];
    if (family !== undefined)
      return Array.from({ length: 100 }, (_, i) => Number(family) * 100 + i);
    // nginx has error pages for these, too.
    if (/^[345]\d\d$/.test(value)) return [Number(value)];
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not the status of an error`, {
      remedy: 'write 300 to 599, 4xx or 5xx',
    });
  });
}

export function networks() {
  return oneOrMany('an address or a network such as `10.0.0.0/8`, or a list of these', (value) => [
    parseNetworkText(value),
  ]);
}

/** `https://portal.example.com`: pages of other origins that may talk to this one. */
export function origins() {
  return oneOrMany(
    'an origin such as `https://portal.example.com`, or a list of these',
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) {
        return [url.origin];
      }
      throw configError('HW_CONFIG_INVALID', `\`${value}\` is not an origin`, {
        remedy:
          'write scheme, host and, unless it is the usual one, port: https://portal.example.com',
      });
    },
  );
}

/** What Host and Origin say to the upstream. */
export function upstreamHost() {
  return text('`keep`, `upstream` or a host', (value) => {
    if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d{1,5})?$/i.test(value)) return value.toLowerCase();
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a host`, {
      remedy: 'write keep, upstream, or a host without scheme and path: app.internal:8443',
    });
  });
}

/** Name servers, with the port that they usually have. */
export function nameServers() {
  return oneOrMany(
    'the address of a name server, such as `10.0.0.2`, or a list of these',
    (value) => {
      const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(value);
      const host = match?.[1] ?? match?.[2];
      const port = Number(match?.[3] ?? 53);
      if (host !== undefined && /^[a-z0-9_.:-]+$/i.test(host) && port >= 1 && port <= 65_535) {
        return [`${match?.[1] === undefined ? host : `[${host}]`}:${port}`];
      }
      throw configError('HW_CONFIG_INVALID', `\`${value}\` is not the address of a name server`, {
        remedy: 'write 10.0.0.2, 10.0.0.2:53 or "[fd00::2]:53"',
      });
    },
  );
}

/** Where a server of an upstream is, whatever is spoken there: `host:port`, or a socket. */
export function serverAddress() {
  return text('`HOST:PORT` or `unix:/path`', (value) => {
    const scheme = /^https?:\/\//i.exec(value)?.[0];
    if (scheme === undefined && /^(?:unix:|[^/]*:\d+$)/.test(value)) {
      const url = parseUpstreamUrl(value.startsWith('unix:') ? value : `http://${value}`);
      if (url.path === '') return { ...url, text: value };
    }
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not the address of a server`, {
      remedy:
        scheme === undefined
          ? 'write 10.0.0.1:8080, "[fd00::1]:8080" or unix:/run/app.sock'
          : `write ${value.slice(scheme.length).replace(/\/.*$/, '')}; http or https is said where the upstream is used`,
    });
  });
}

/** The path of a request, as it is sent. */
export function requestPath() {
  return text('a path such as `/healthz`', (value) => {
    if (/^\/[\x21-\x7e]*$/.test(value) && !value.includes('#')) return value;
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a path`, {
      remedy: 'begin with /, and percent-encode spaces',
    });
  });
}

/** First and last status that count as healthy. */
export function statusRange() {
  const expects = 'a status or a range of them, such as `200-399`';
  return z
    .union([z.string(), z.number()], { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) => attempt(() => parseStatusRange(String(value)), context));
}

function parseStatusRange(value: string): readonly [number, number] {
  const match = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(value);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match !== null && first <= last) return [first, last];
  throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a range of statuses`, {
    remedy: 'write the first and the last: 200-399',
  });
}

/** A name as cookies have it (RFC 6265, 4.1.1). */
export function cookieName() {
  return text('the name of a cookie', (value) => {
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)) return value;
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not the name of a cookie`, {
      remedy: 'use letters, digits, - and _',
    });
  });
}

/** Suites in OpenSSL's notation; whether OpenSSL knows them is in the checks. */
export function cipherList() {
  return text("suites in OpenSSL's notation, such as `ECDHE+AESGCM`", (value) => value);
}

/** A list of one of few words. */
export function listOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const expects = `a list of ${words.map((word) => `\`${word}\``).join(', ')}`;
  const one = z.enum(words, { error: () => `one of ${words.join(', ')}` });
  return z.array(one, { error: () => expects }).meta({ expects } satisfies KindMeta);
}
