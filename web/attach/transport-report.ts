/** Asks the server what became of a WebSocket that did not open. */
import { apiPaths, type TransportReport } from '../../src/wire/api.ts';
import type { AttachEnvironment } from './environment.ts';

/**
 * @param server the `Server` header of an answer that came the same way: it names the proxy, if there is one
 * @returns undefined when the server does not say, which is no reason to bother anybody
 */
export async function fetchTransportReport(
  environment: Pick<AttachEnvironment, 'fetch' | 'origin'>,
  attemptId: string,
  server: string,
): Promise<TransportReport | undefined> {
  const url = new URL(apiPaths.transportReport, environment.origin);
  url.searchParams.set('id', attemptId);
  url.searchParams.set('server', server);
  try {
    const response = await environment.fetch(url, { cache: 'no-store' });
    return response.ok ? ((await response.json()) as TransportReport) : undefined;
  } catch {
    return undefined;
  }
}
