/** Where the page is: the address and what belongs to this entry of the tab's history. Renders nothing. */
import { useSyncExternalStore } from 'react';
import { parseRoute, type Route } from './deep-link.ts';

/** One entry of the tab's history. Replaced as a whole at every change. */
export type Place = {
  readonly route: Route;
  /** Tells entries apart; stays when the entry is changed. */
  readonly entry: string;
  /** A person chose this address inside the page: it did not come from a link somewhere else. */
  readonly chosenHere: boolean;
  /** The session this entry shows: a reload or "back" returns to it. */
  readonly session: string | undefined;
};

type EntryState = { entry: string; chosenHere: boolean; session?: string };

const listeners = new Set<() => void>();
let place = read();

window.addEventListener('popstate', announce);

function read(): Place {
  const state = window.history.state as Partial<EntryState> | null;
  if (typeof state?.entry !== 'string') {
    const fresh: EntryState = { entry: newEntry(), chosenHere: false };
    window.history.replaceState(fresh, '');
    return read();
  }
  return {
    route: parseRoute(new URL(window.location.href)),
    entry: state.entry,
    chosenHere: state.chosenHere === true,
    session: state.session,
  };
}

function announce(): void {
  place = read();
  for (const listener of listeners) listener();
}

function newEntry(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join('-');
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => place,
  );
}

/** Goes to an address of this page, as a new entry or in place of the present one. */
export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  const state: EntryState = { entry: newEntry(), chosenHere: true };
  if (how === 'push') window.history.pushState(state, '', href);
  else window.history.replaceState(state, '', href);
  announce();
}

/** Notes what belongs to the present entry, which stays the same one. */
export function noteEntry(change: { session?: string; chosenHere?: true }): void {
  const { entry, chosenHere, session } = place;
  const state: EntryState = {
    entry,
    chosenHere,
    ...(session === undefined ? {} : { session }),
    ...change,
  };
  window.history.replaceState(state, '');
  announce();
}

/** Takes `token` out of the address, so that it is neither shared nor bookmarked; undefined when there is none. */
export function takeTokenFromAddress(): string | undefined {
  const url = new URL(window.location.href);
  const token = url.searchParams.get('token');
  if (token === null) return undefined;
  url.searchParams.delete('token');
  window.history.replaceState(window.history.state, '', url);
  announce();
  return token;
}
