/** Which workloads a filter text finds. Knows no DOM. */
import type { SessionInfo, TargetListing, Workload } from '../../../src/wire/api.ts';

/** Words in any order; each must be part of the name, the detail, a keyword or the target's title. */
export function matchesFilter(filter: string, texts: readonly string[]): boolean {
  const haystack = texts.join('\n').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** The listing with the workloads that are found; a target's own name finds all of its workloads. */
export function filterListing(filter: string, listing: TargetListing): TargetListing {
  const workloads = listing.workloads.filter((workload) =>
    matchesFilter(filter, workloadTexts(listing, workload)),
  );
  return { ...listing, workloads };
}

function workloadTexts(listing: TargetListing, workload: Workload): string[] {
  return [workload.name, workload.id, workload.detail, ...workload.keywords, listing.title];
}

/** Sessions that can be returned to, newest first. */
export function filterSessions(filter: string, sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions
    .filter(({ state }) => state.phase === 'opening' || state.phase === 'running')
    .filter((session) => matchesFilter(filter, [session.workload, session.target]))
    .sort((a, b) => b.openedAt.localeCompare(a.openedAt));
}
