/** Directives of `upstream` blocks: groups of servers and the way one of them is chosen. */
import { block, type DirectiveSpec, http, list, many, quantity, text, upstream } from './spec.ts';

/** `keepalive_timeout` and its like mean something else in the `http` around. */
const own = { inherit: 'none' } as const;
/** A second method only warns, and wins. */
const method = { ...own, repeat: 'override', group: 'method' } as const;

export const upstreamDirectives: readonly DirectiveSpec[] = [
  block('upstream', http, 1),
  list('server', upstream, [1, many], own),
  text('hash', upstream, [1, 2], { ...method, templates: [0] }),
  text('ip_hash', upstream, 0, method),
  text('least_conn', upstream, 0, method),
  text('least_time', upstream, [1, 2], { ...method, since: '1.31.0' }),
  text('random', upstream, [0, 2], method),
  text('keepalive', upstream, [1, 2], {
    ...own,
    laterDefaults: [{ since: '1.29.7', value: '32 local' }],
  }),
  quantity('number', 'keepalive_requests', upstream, {
    ...own,
    default: '100',
    laterDefaults: [{ since: '1.19.10', value: '1000' }],
  }),
  quantity('time', 'keepalive_time', upstream, { ...own, default: '1h' }),
  quantity('time', 'keepalive_timeout', upstream, { ...own, default: '60s' }),
  text('sticky', upstream, [1, many], { ...own, since: '1.29.6' }),
  text('zone', upstream, [1, 2], { ...own, repeat: 'override' }),
];
