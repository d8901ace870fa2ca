/** The first page: what shells can be opened in, and the sessions that still run. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { GridList, GridListHeader, GridListSection } from 'react-aria-components/GridList';
import type { TargetListing } from '../../../src/wire/api.ts';
import { api, problemOf } from '../api.ts';
import { Brand } from '../brand.tsx';
import { formatDeepLink } from '../deep-link.ts';
import { navigate } from '../router.ts';
import { reportSignedOut, useSignedOut } from '../sign-in-state.ts';
import { filterListing, filterSessions } from './filter.ts';
import { FilterField } from './filter-field.tsx';
import { SessionRow } from './session-row.tsx';
import { TargetProblem } from './target-problem.tsx';
import { WorkloadRow } from './workload-row.tsx';
import './list.css';

/** Containers come and go; this often the list is asked for again while somebody can see it. */
const refreshMs = 4000;

export function ListPage() {
  const signedOut = useSignedOut();
  const shared = { refetchInterval: refreshMs, enabled: !signedOut };
  const targets = useQuery({
    ...shared,
    queryKey: ['targets'],
    queryFn: ({ signal }) => api.targets(signal),
  });
  const running = useQuery({
    ...shared,
    queryKey: ['sessions'],
    queryFn: ({ signal }) => api.sessions(signal),
  });
  const [filter, setFilter] = useState('');
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = 'Hatchway';
  }, []);

  const sessions = filterSessions(filter, running.data ?? []);
  const listings = (targets.data ?? []).map((listing) => filterListing(filter, listing));
  const first = firstHref(sessions, listings);

  return (
    <main className="list-page">
      <header>
        <Brand />
        <Button className="button quiet" onPress={() => void signOut()}>
          Sign out
        </Button>
      </header>
      <h1 className="visually-hidden">Workloads</h1>
      <FilterField
        value={filter}
        onChange={setFilter}
        onEnter={() => first !== undefined && navigate(first)}
        onArrowDown={() => focusFirstRow(list.current)}
      />
      {targets.error !== null && !signedOut && <Unreachable error={targets.error} />}
      {targets.isLoading && (
        <p className="looking" role="status">
          Looking for workloads…
        </p>
      )}
      {targets.data !== undefined && (
        <GridList
          ref={list}
          aria-label="Workloads"
          className="workloads"
          renderEmptyState={() => <Nothing filter={filter} clear={() => setFilter('')} />}
        >
          {sessions.length > 0 && (
            <GridListSection id="sessions" className="target">
              <GridListHeader className="target-header">
                <h2>Running sessions</h2>
              </GridListHeader>
              {sessions.map((session) => (
                <SessionRow key={session.id} session={session} first={first} />
              ))}
            </GridListSection>
          )}
          {listings
            .filter(({ workloads }) => workloads.length > 0)
            .map((listing) => (
              <GridListSection key={listing.id} id={`target ${listing.id}`} className="target">
                <GridListHeader className="target-header">
                  <h2>{listing.title}</h2>
                  <span className="address">{listing.address}</span>
                </GridListHeader>
                {listing.workloads.map((workload) => (
                  <WorkloadRow
                    key={workload.id}
                    target={listing.id}
                    workload={workload}
                    first={first}
                  />
                ))}
              </GridListSection>
            ))}
        </GridList>
      )}
      {(targets.data ?? []).map((listing) => (
        <TargetNote key={listing.id} listing={listing} filtered={filter !== ''} />
      ))}
      <footer className="keys">
        <kbd>/</kbd> filter <kbd>↑</kbd>
        <kbd>↓</kbd> choose <kbd>Enter</kbd> open
      </footer>
    </main>
  );
}

/** What the list cannot say: a target that is not reached, or has nothing in it. */
function TargetNote({ listing, filtered }: { listing: TargetListing; filtered: boolean }) {
  if (listing.problem !== undefined) return <TargetProblem listing={listing} />;
  if (listing.workloads.length > 0 || filtered) return null;
  return (
    <p className="note">
      {listing.title} at {listing.address} has nothing to open a shell in yet. What is started there
      appears here.
    </p>
  );
}

function Unreachable({ error }: { error: Error }) {
  const problem = problemOf(error);
  return (
    <div className="note problem" role="alert">
      <strong>{problem.message}</strong> {problem.remedy} This page keeps trying.
    </div>
  );
}

function Nothing({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === '') return null;
  return (
    <div className="nothing">
      Nothing matches “{filter}”.
      <Button className="button quiet" onPress={clear}>
        Show all
      </Button>
    </div>
  );
}

/** Where Enter in the filter leads: the first row that can be opened. */
function firstHref(
  sessions: ReturnType<typeof filterSessions>,
  listings: readonly TargetListing[],
): string | undefined {
  const [session] = sessions;
  if (session !== undefined) {
    const { target, workload, id } = session;
    return formatDeepLink({ target, workload, session: id });
  }
  for (const { id, workloads } of listings) {
    const workload = workloads.find(({ openable }) => openable);
    if (workload !== undefined) return formatDeepLink({ target: id, workload: workload.id });
  }
  return undefined;
}

function focusFirstRow(list: HTMLElement | null): void {
  // Headers are rows, too; only those of the collection have a key.
  list?.querySelector<HTMLElement>('[role="row"][data-key]:not([aria-disabled="true"])')?.focus();
}

async function signOut(): Promise<void> {
  await api.signOut().catch(() => {});
  reportSignedOut();
}
