/** Why a connection to an upstream did not come up, as an error that says what to do. */
import { codeOf, type HatchwayError } from '../../base/errors.ts';
import type { UpstreamModel } from '../../config/upstream-model.ts';
import { gatewayError } from '../errors.ts';
import { explainTlsFailure } from './upstream-tls.ts';

/** @param server the address that was dialed, for the message */
export function connectFailure(
  error: Error | undefined,
  upstream: UpstreamModel,
  server: string,
): HatchwayError {
  const where = upstream.name === server ? upstream.name : `${upstream.name} (${server})`;
  const tls = upstream.tls && error && explainTlsFailure(error, upstream.tls);
  if (tls !== undefined) {
    return gatewayError('HW_UPSTREAM_TLS', `upstream ${where}: ${tls.reason}`, {
      remedy: tls.remedy,
      cause: error,
    });
  }
  return gatewayError(
    'HW_UPSTREAM_UNREACHABLE',
    `upstream ${where}: ${reasonOf(error, upstream)}`,
    {
      cause: error,
    },
  );
}

function reasonOf(error: Error | undefined, upstream: UpstreamModel): string {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return 'the connection was refused: nothing listens there';
    case 'ENOTFOUND':
      return 'its name is not known';
    case 'EAI_AGAIN':
      return 'its name could not be looked up: the name server does not answer';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no way leads there, or its machine is down';
    case 'EMFILE':
    case 'ENFILE':
      return 'this process is out of file descriptors (ulimit -n)';
    case 'ENOENT':
      return 'its socket file does not exist';
    case 'EACCES':
      return 'this user may not connect to it';
    case 'ECONNRESET':
      return upstream.tls === undefined
        ? 'it reset the connection'
        : 'it closed the connection during the TLS handshake; perhaps it speaks no TLS on this port';
    default:
      return error === undefined ? 'it closed the connection' : error.message;
  }
}
