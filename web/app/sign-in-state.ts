/** Whether the page has to ask for the token, as a store that React reads and anything can write. */
import { useSyncExternalStore } from 'react';

type Listener = () => void;

let signedOut = false;
const listeners = new Set<Listener>();
const returnListeners = new Set<Listener>();

function subscribe(listener: Listener): Listener {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True from the first refused request on until somebody has signed in again. */
export function useSignedOut(): boolean {
  return useSyncExternalStore(subscribe, () => signedOut);
}

/** A request was refused for want of a cookie. */
export function reportSignedOut(): void {
  set(true);
}

/** The token was right: everything goes on where it was. */
export function reportSignedIn(): void {
  set(false);
  for (const listener of returnListeners) listener();
}

/** Calls `listener` each time somebody has signed in; returns the undo. */
export function onSignedIn(listener: Listener): Listener {
  returnListeners.add(listener);
  return () => returnListeners.delete(listener);
}

function set(value: boolean): void {
  if (signedOut === value) return;
  signedOut = value;
  for (const listener of listeners) listener();
}
