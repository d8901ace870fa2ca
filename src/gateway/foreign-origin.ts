/** Requests from foreign pages, where the gateway has to refuse them itself because the upstream is shown its own Origin. */
import { isOwnOrigin } from './access/origin.ts';
import { gatewayError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Forward } from './forward.ts';

/** Throws `HW_FOREIGN_ORIGIN`. */
export function refuseForeignOrigin(
  { request, head, upgrade }: Exchange,
  { allowedOrigins }: Forward,
): void {
  const origins = head.fields.all('origin');
  const isOwn = isOwnOrigin({
    origins,
    host: request.forwardedHost ?? head.host,
    secure: request.secure,
    method: head.method,
    upgrade: upgrade !== undefined,
    allowedOrigins,
  });
  if (isOwn) return;
  const message = `the page is from ${origins.join(', ')}, which is not ${head.host}`;
  throw gatewayError('HW_FOREIGN_ORIGIN', message);
}
