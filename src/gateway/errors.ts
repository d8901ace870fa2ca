/**
 * Everything the gateway can fail at: at the start (listeners, certificates, files), or in answer to one request.
 *
 * The summary of an answer is what its error page says, so it names nothing internal; the message of the error, which
 * goes to the log, does.
 */
import { type ErrorSpec, errorsOf } from '../base/errors.ts';

export const gatewayErrors = {
  HW_LISTEN_IN_USE: {
    status: 500,
    summary: 'The address to listen on is taken by another program.',
    remedy: 'Stop the other program, or choose another address or port to listen on.',
  },
  HW_LISTEN_DENIED: {
    status: 500,
    summary: 'This user may not listen on that address.',
    remedy:
      'Ports below 1024 need root or CAP_NET_BIND_SERVICE; a socket file needs a folder that can be written.',
  },
  HW_LISTEN_FAILED: {
    status: 500,
    summary: 'The address cannot be listened on.',
    remedy: 'Check that the address belongs to this machine.',
  },
  HW_CERTIFICATE: {
    status: 500,
    summary: 'A certificate, its key or a list of authorities cannot be read or used.',
    remedy: 'Check the path, who may read it, that it is PEM, and that key and certificate match.',
  },
  HW_ACCESS_LOG: {
    status: 500,
    summary: 'An access log cannot be opened.',
    remedy: 'Check that its folder exists and that this user may write into it.',
  },
  HW_NO_SERVER: {
    status: 500,
    summary: 'A route leads to a server of this process that does not run.',
    remedy: 'Turn that server on, or let the route lead elsewhere.',
  },
  HW_NO_ROUTE: {
    status: 404,
    summary: 'Nothing is served at this path.',
    remedy: 'Check the address; the site has no route for it.',
  },
  HW_METHOD_NOT_ALLOWED: {
    status: 405,
    summary: 'This method is not allowed here.',
    remedy: 'CONNECT and TRACE are never passed on, and files are for GET and HEAD.',
  },
  HW_NO_FILE: {
    status: 404,
    summary: 'Nothing is served at this path.',
    remedy: 'Check the address; the folder that the log names has no such file.',
  },
  HW_FILE_DENIED: {
    status: 403,
    summary: 'You may not see this.',
    remedy:
      'Let the user of this process read the file, or put an index into the folder: none is listed.',
  },
  HW_FILE_UNREADABLE: {
    status: 500,
    summary: 'What is at this path cannot be read at the moment.',
    remedy: 'Look at what the system says of the file that the log names.',
  },
  HW_FILE_CUT: {
    status: 500,
    summary: 'What is at this path has changed while it was sent.',
    remedy:
      'Put new files in the place of old ones by renaming, so that who has the old one gets all of it.',
  },
  HW_PRECONDITION: {
    status: 412,
    summary: 'What is at this path is not as the request wants it.',
    remedy: 'Ask for it as it is now, then for a change.',
  },
  HW_RANGE: {
    status: 416,
    summary: 'What is at this path has no such part.',
    remedy: 'Ask for bytes up to the length that Content-Range tells.',
  },
  HW_BAD_PATH: {
    status: 400,
    summary: 'The path leads out of the root or is wrongly encoded.',
    remedy: 'Send a path without too many ".." and with complete % escapes.',
  },
  HW_BAD_RULE: {
    status: 500,
    summary: 'The rules of this site lead nowhere.',
    remedy: 'Look at the rewrites of the site: they go round in circles, or make the path empty.',
  },
  HW_CONFIGURED_STATUS: {
    status: 500,
    summary: 'This site answers such requests so.',
    remedy: 'The configuration of the site says so.',
  },
  HW_BODY_TOO_LARGE: {
    status: 413,
    summary: 'The body of the request is too large.',
    remedy: 'Send less, or raise the limit of the route (maxBody, client_max_body_size).',
  },
  HW_PLAIN_HTTP_TO_TLS: {
    status: 400,
    summary: 'This port speaks HTTPS, and the request came as plain HTTP.',
    remedy: 'Use https:// in the address.',
  },
  HW_HTTP2_REQUEST: {
    status: 400,
    summary: 'The request is malformed for HTTP/2.',
    remedy:
      'Send one host, a path that begins with "/", names in lower case, and no fields about the connection.',
  },
  HW_HTTP2_PROTOCOL: {
    status: 501,
    summary: 'Over CONNECT, HTTP/2 opens WebSockets here and nothing else.',
    remedy: 'Send websocket as :protocol.',
  },
  HW_MISDIRECTED: {
    status: 421,
    summary: 'This connection is for another site.',
    remedy: 'Open a new connection for this host, and name it in the TLS handshake (SNI).',
  },
  HW_NETWORK: {
    status: 500,
    summary: 'A network of an access list or of trusted proxies is none.',
    remedy: 'Write an address, a network such as 10.0.0.0/8 or fd00::/8, "unix:", or "all".',
  },
  HW_PROXY_PROTOCOL: {
    status: 400,
    summary: 'The connection did not begin with a PROXY protocol header.',
    remedy:
      'Let the proxy in front send version 1 or 2, or turn the PROXY protocol off for this address.',
  },
  HW_FORBIDDEN: {
    status: 403,
    summary: 'You may not see this.',
    remedy: 'Ask whoever runs this site for access.',
  },
  HW_UNAUTHORIZED: {
    status: 401,
    summary: 'You have to sign in to see this.',
    remedy: 'Sign in as a user of this site, or send a name and password if it asks for these.',
  },
  HW_SIGN_IN_ELSEWHERE: {
    status: 302,
    summary: 'You have to sign in on another page first.',
    remedy: 'Follow the redirect, and sign in there.',
  },
  HW_USERS_FILE_MISSING: {
    status: 403,
    summary: 'Nobody can sign in here at the moment.',
    remedy: 'Create the file of users that the log names.',
  },
  HW_USERS_FILE: {
    status: 500,
    summary: 'Nobody can sign in here at the moment.',
    remedy:
      'Check that the file of users that the log names can be read, and is smaller than 16 MiB.',
  },
  HW_PASSWORD_HASH: {
    status: 500,
    summary: 'This user cannot sign in at the moment.',
    remedy:
      'Store the password of the user that the log names as bcrypt, apr1 or SHA-512 (openssl passwd -6).',
  },
  HW_SIGN_IN_BUSY: {
    status: 503,
    summary: 'Too many people sign in at this moment.',
    remedy: 'Try again in a moment.',
  },
  HW_TOO_MANY_SIGN_INS: {
    status: 429,
    summary: 'Too many passwords are being tried from this address.',
    remedy: 'Try again in a moment.',
  },
  HW_AUTH_REQUEST: {
    status: 500,
    summary: 'Whether you may see this could not be found out.',
    remedy: 'Look into the log of the server that is asked for authentication.',
  },
  HW_FOREIGN_ORIGIN: {
    status: 403,
    summary: 'The request comes from a page of another site.',
    remedy: 'Add the origin of that page to "allowedOrigins" if it may.',
  },
  HW_RATE_LIMITED: {
    status: 429,
    summary: 'Too many requests came from this address.',
    remedy: 'Try again in a moment, or raise the rate or its burst.',
  },
  HW_REQUESTS_LIMITED: {
    status: 503,
    summary: 'Too many requests came at once.',
    remedy:
      'Try again in a moment, or raise the rate or the burst of that limit (limits.requests, limit_req).',
  },
  HW_CONNECTIONS_LIMITED: {
    status: 503,
    summary: 'Too many requests are under way.',
    remedy:
      'Try again when some have ended, or raise the number of that limit (limits.connections, limit_conn).',
  },
  HW_TOO_MANY_FROM_ADDRESS: {
    status: 429,
    summary: 'Too many connections are open from this address.',
    remedy: 'Close some, or raise the limit of connections of one address.',
  },
  HW_TOO_MANY_TUNNELS: {
    status: 503,
    summary: 'Too many tunnels are open.',
    remedy: 'Try again in a moment, or raise the limit of tunnels.',
  },
  HW_TOO_MANY_CONNECTIONS: {
    status: 503,
    summary: 'Too many connections are open.',
    remedy: 'Try again in a moment, or raise the limit of connections.',
  },
  HW_OUT_OF_DESCRIPTORS: {
    status: 503,
    summary: 'Too many connections are open.',
    remedy:
      'Try again in a moment, or let this process open more files (ulimit -n, LimitNOFILE of systemd).',
  },
  HW_REQUEST_TIMEOUT: {
    status: 408,
    summary: 'The request did not arrive in time.',
    remedy: 'Send the whole request without long pauses, or raise the limit.',
  },
  HW_WEBSOCKET_VERSION: {
    status: 426,
    summary: 'Only version 13 of the WebSocket protocol is spoken.',
    remedy: 'Send Sec-WebSocket-Version: 13.',
  },
  HW_WEBSOCKET_REQUEST: {
    status: 400,
    summary: 'This is no valid request for a WebSocket.',
    remedy:
      'Send GET with a Sec-WebSocket-Key of 16 bytes in base64, a Sec-WebSocket-Version and no body.',
  },
  HW_NO_LIVE_UPSTREAM: {
    status: 502,
    summary: 'None of the servers behind this address is available.',
    remedy:
      'Look into the log for why each one is left alone: requests or health checks that failed, or the configuration.',
  },
  HW_UPSTREAM_URL: {
    status: 500,
    summary: 'What the configuration computes as the server behind this address is no URL.',
    remedy: 'Look at the variables in the URL of the upstream: which were empty for this request?',
  },
  HW_UPSTREAM_UNREACHABLE: {
    status: 502,
    summary: 'The server behind this address cannot be reached.',
    remedy: 'Check that the upstream runs, and its name and port.',
  },
  HW_GATEWAY_FAULT: {
    status: 500,
    summary: 'The gateway made a mistake of its own at this request.',
    remedy:
      'Report it with the line of the log that has this request id: it says what failed, and where.',
  },
  HW_UPSTREAM_TLS: {
    status: 502,
    summary: 'The server behind this address could not be trusted or spoken to over TLS.',
    remedy:
      'Name its authority with "ca", its name with "serverName", or do without with "verify: false".',
  },
  HW_UPSTREAM_CONNECT_TIMEOUT: {
    status: 504,
    summary: 'The server behind this address did not accept the connection in time.',
    remedy: 'Check that the upstream runs and that no firewall drops the connection.',
  },
  HW_UPSTREAM_TIMEOUT: {
    status: 504,
    summary: 'The server behind this address did not answer in time.',
    remedy: 'Look at what the upstream does, or raise its read timeout.',
  },
  HW_UPSTREAM_CLOSED: {
    status: 502,
    summary: 'The server behind this address closed the connection without an answer.',
    remedy: 'Look into the log of the upstream.',
  },
  HW_UPSTREAM_BAD_UPGRADE: {
    status: 502,
    summary: 'The server behind this address changed the protocol in a way it must not.',
    remedy: 'The 101 was not asked for, or its Sec-WebSocket-Accept is not the one of the key.',
  },
} as const satisfies Record<`HW_${string}`, ErrorSpec>;

/** Makes an error of this domain; the message is for the log. */
export const gatewayError = errorsOf(gatewayErrors);
