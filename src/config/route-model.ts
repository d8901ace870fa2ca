/** The model of a route: which requests it is for, who may make them, where they go, and what is changed on the way. */
import type { FilesModel } from './files-model.ts';
import type { RouteLimitsModel } from './limit-model.ts';
import type { AccessLogModel } from './model.ts';
import type { RuleModel, Template } from './rule-model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from './upstream-model.ts';

export type RouteModel = {
  readonly path: PathPattern;
  /** Where requests go. Without one they are answered by the rules, from `files`, else with 404. */
  readonly upstream?: UpstreamModel | DynamicUpstreamModel;
  /** What is served from the disk; beside an upstream only what is to be looked for first. Default: nothing. */
  readonly files?: FilesModel;
  /** Lower-case tokens that may be upgraded to. Default `['websocket']`; `tcp` is what the Docker CLI uses. */
  readonly upgradeTokens: readonly string[];
  /** Looked at once this route is chosen: nginx's nested locations. Default: none. */
  readonly routes?: readonly RouteModel[];
  /** Run when the route has been chosen. Default: none. */
  readonly rules?: readonly RuleModel[];
  /** Looked at before `access`. Default: only those of the gateway. */
  readonly limits?: RouteLimitsModel;
  /** Default: everybody. */
  readonly access?: AccessModel;
  /** What becomes of a request on its way upstream. Default: only what `ForwardModel` says for each absent key. */
  readonly forward?: ForwardModel;
  /** What becomes of an answer on its way to the client. */
  readonly response?: ResponseModel;
  /** Default: no limits of its own. */
  readonly tunnel?: TunnelModel;
  /** Largest request body, in bytes; above it 413. Default: no limit. */
  readonly maxBodyBytes?: number;
  /** Default: that of the site. */
  readonly accessLog?: AccessLogModel;
  /** Whether requests from outside get 404. Default false. */
  readonly internal?: boolean;
  /** How redirects to a path of the gateway's own are written. Default: as the site's. */
  readonly ownRedirects?: OwnRedirectsModel;
  /** Whether a path that only lacks the slash at the end of this one is redirected to it, as nginx's proxied locations. Default false. */
  readonly addsSlash?: boolean;
};

/** Only the path, or scheme, host and port before it: the host of the request or the site's first name, the port unless it is usual. */
export type OwnRedirectsModel =
  | 'path'
  | { readonly host: 'request' | 'site-name'; readonly port: boolean };

/** nginx's kinds of location, chosen in its order: exact, longest prefix, first regex unless that prefix forbids it. */
export type PathPattern =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string; readonly beforeRegex: boolean }
  | { readonly kind: 'regex'; readonly regex: RegExp };

/** Who may make requests, as nginx's access phase. */
export type AccessModel = {
  /** Whether every one of the kinds below must let a request in, or one is enough. Default `all`. */
  readonly satisfy?: 'all' | 'any';
  /** The first one that has the client's address decides; none of them: allowed. Default: none. */
  readonly addresses?: readonly {
    readonly allow: boolean;
    /** An address, a CIDR network, `unix:` or `all`. */
    readonly network: string;
  }[];
  readonly basic?: {
    readonly realm: Template;
    /** A file of `user:hash` lines, read again when it changes. The client's field is passed on upstream. */
    readonly usersPath: Template;
  };
  /** Asks a server first, as nginx's `auth_request`: 2xx lets in, 401 and 403 are the answer, anything else is a 500. */
  readonly authRequest?: {
    /** A path of the same site; may be an `internal` route. Asked with GET, the fields of the request, and no body. */
    readonly uri: Template;
    /** Variables from the answer, where `upstream_http_…` are its fields. Default: none. */
    readonly set?: readonly { readonly variable: string; readonly value: Template }[];
    /**
     * Whether the client gets a refusal as the server made it: a redirect with its Location, a 401 or 403 with its
     * WWW-Authenticate, each with its Set-Cookie. Default false, as nginx: a redirect is a 500, and of a 401 only
     * WWW-Authenticate is passed on.
     */
    readonly passRefusals?: boolean;
  };
};

export type ForwardModel = {
  /**
   * What is asked for upstream. `as-sent`: what the client sent, byte for byte, unless a rule rewrote it; the default.
   * `replace-prefix`: the part of the normalised path that the route's path has is replaced, the rest escaped again,
   * as nginx's proxy_pass with a URI. `template`: a template alone, as nginx's proxy_pass with variables and URI.
   */
  readonly uri?:
    | { readonly kind: 'as-sent' }
    | { readonly kind: 'replace-prefix'; readonly with: string }
    | { readonly kind: 'template'; readonly uri: Template };
  /** Default: the request's. */
  readonly method?: Template;
  /** Default 1.1. An upgrade is always sent as 1.1. */
  readonly httpVersion?: '1.0' | '1.1';
  /** Fields that take the place of the client's of the same name, in order; an empty value leaves the field out. */
  readonly setHeaders?: readonly { readonly name: string; readonly value: Template }[];
  /** Whether the client's fields are passed on. Default true. */
  readonly passHeaders?: boolean;
  /** Whether fields with a `_` in their name are, which nginx by itself drops. Default true. */
  readonly passUnderscores?: boolean;
  /** Whether the request's body is passed on. Default true. */
  readonly passBody?: boolean;
  /**
   * Whether a body of up to 1 MiB is read to its end before a server is asked, so that it has a length and can go to the next
   * server. Default false: it goes up as it comes, and only what is short can go to another server.
   */
  readonly buffersBody?: boolean;
  /** A body in its place. Default: none. */
  readonly body?: Template;
  /**
   * `write`: X-Forwarded-For, -Proto, -Host, -Port and Forwarded say what the gateway knows, and X-Real-IP is dropped;
   * the default. `leave`: the client's are passed on like any other field, as nginx does.
   */
  readonly forwarded?: 'write' | 'leave';
  /**
   * `keep`: Host and Origin pass as they are; the default. `upstream`: both name the upstream, and a browser's
   * request from a foreign Origin is refused with 403, since the upstream can no longer tell.
   */
  readonly origin?: 'keep' | 'upstream';
  /** Other pages' origins that `origin: upstream` lets in, such as `https://portal.example.com`. Default: none. */
  readonly allowedOrigins?: readonly string[];
  readonly retry?: RetryModel;
};

/** When a request goes to the next server, as nginx's proxy_next_upstream. Never once a byte of an answer was passed on. */
export type RetryModel = {
  /** Default `['error', 'timeout']`. Empty: never. */
  readonly on?: readonly RetryCause[];
  /** Servers tried in all; 0: each once. Default 0. */
  readonly tries?: number;
  /** From the first try, after which no other begins; 0: no limit. Default 0. */
  readonly timeoutMs?: number;
};

/** `non_idempotent`: also POST, LOCK and PATCH after they were sent. */
export const retryCauses = [
  'error',
  'timeout',
  'invalid_header',
  'http_403',
  'http_404',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'non_idempotent',
] as const;

export type RetryCause = (typeof retryCauses)[number];

export type ResponseModel = {
  /**
   * Added to answers of 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308, with `always` to all. Empty values are not. ETag and
   * Last-Modified, of which an answer has one, take the place of its own.
   */
  readonly addHeaders?: readonly {
    readonly name: string;
    readonly value: Template;
    readonly always: boolean;
  }[];
  /** Expires and Cache-Control of answers of the same statuses, in place of the upstream's. Default: as they come. */
  readonly expires?: ExpiresModel;
  /** Lower-case names of the upstream's fields that the client does not get. Default: none. */
  readonly hideHeaders?: readonly string[];
  /** Changes of Location and Refresh, the first that fits. Default: none. */
  readonly redirects?: readonly RedirectModel[];
  /** Changes of Set-Cookie. Default: none. */
  readonly cookies?: CookieModel;
  /** By status, of the gateway's own answers, and of the upstream's with `intercept`. Default: the gateway's pages. */
  readonly errorPages?: readonly ErrorPageModel[];
  /** Whether upstream answers from 300 up, for which there is an error page, are replaced by it. Default false. */
  readonly intercept?: boolean;
};

export type ExpiresModel = {
  /** A time from now on, `epoch`, `max`, `off`, or `@` and a time of the day, in nginx's notation. */
  readonly when: Template;
  /** Whether the time counts from Last-Modified. Default false. */
  readonly sinceModified?: boolean;
};

export type RedirectModel = { readonly to: Template } & (
  | { readonly kind: 'prefix'; readonly from: Template }
  | { readonly kind: 'regex'; readonly regex: RegExp }
);

export type CookieModel = {
  /** The first that fits is replaced by `to`. A domain's leading dot is not looked at. Default: none. */
  readonly domains?: readonly AttributeChange[];
  readonly paths?: readonly AttributeChange[];
  /** For the first name that fits. `nosecure` and the like take a flag away. Default: none. */
  readonly flags?: readonly {
    readonly name: RegExp | Template;
    readonly flags: readonly string[];
  }[];
};

export type AttributeChange = { readonly from: RegExp | Template; readonly to: Template };

export type ErrorPageModel = {
  readonly statuses: readonly number[];
  /** Default: the original. `from-page`: what the page answers. */
  readonly status?: number | 'from-page';
  /** A path of the site, `@name` of a named route, or a URL that is redirected to. */
  readonly to: Template;
};

export type TunnelModel = {
  /** Silence in both directions after which a tunnel is closed. Default: none, TCP keep-alive finds the dead. */
  readonly idleMs?: number;
  /** Quiet after which the gateway sends a WebSocket ping to the client, between frames. Default: never. */
  readonly pingMs?: number;
};
