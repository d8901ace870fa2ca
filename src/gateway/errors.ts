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
    remedy: 'CONNECT and TRACE are never passed on.',
  },
  HW_BAD_PATH: {
    status: 400,
    summary: 'The path leads out of the root or is wrongly encoded.',
    remedy: 'Send a path without too many ".." and with complete % escapes.',
  },
  HW_PLAIN_HTTP_TO_TLS: {
    status: 400,
    summary: 'This port speaks HTTPS, and the request came as plain HTTP.',
    remedy: 'Use https:// in the address.',
  },
  HW_TOO_MANY_CONNECTIONS: {
    status: 503,
    summary: 'Too many connections are open.',
    remedy: 'Try again in a moment, or raise the limit of connections.',
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
  HW_UPSTREAM_UNREACHABLE: {
    status: 502,
    summary: 'The server behind this address cannot be reached.',
    remedy: 'Check that the upstream runs, and its name and port.',
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
