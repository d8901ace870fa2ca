/** The host and port that an upstream is known by: for Host, Origin and `$proxy_host`. */
import type { UpstreamModel } from '../../config/upstream-model.ts';

export function authorityOf({ authority, name }: UpstreamModel): string {
  return authority ?? name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
