/** Whether the page has to ask for the token, as a store that React reads and anything can write. */
import { useSyncExternalStore } from 'react';

type Listener = () => void;

/** Why the token is wanted, as far as there is something to say; undefined while it is not wanted. */
let wanted: { reason: string } | undefined;
const listeners = new Set<Listener>();
const returnListeners = new Set<Listener>();

function subscribe(listener: Listener): Listener {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True from the first refused request on until somebody has signed in again. */
export function useSignedOut(): boolean {
  return useSyncExternalStore(subscribe, () => wanted !== undefined);
}

/** A sentence about why signing in is necessary; empty when there is nothing to say about it. */
export function useSignOutReason(): string {
  return useSyncExternalStore(subscribe, () => wanted?.reason ?? '');
}

/** A request was refused for want of a cookie, or of one for this origin. */
export function reportSignedOut(reason = ''): void {
  set(wanted ?? { reason });
}

/** The token was right: everything goes on where it was. */
export function reportSignedIn(): void {
  set(undefined);
  for (const listener of returnListeners) listener();
}

/** Calls `listener` each time somebody has signed in; returns the undo. */
export function onSignedIn(listener: Listener): Listener {
  returnListeners.add(listener);
  return () => returnListeners.delete(listener);
}

function set(value: typeof wanted): void {
  if (wanted === value) return;
  wanted = value;
  for (const listener of listeners) listener();
}
