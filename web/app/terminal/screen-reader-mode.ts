/** Whether the terminal is kept readable for screen readers; remembered for this browser. */
import { useState } from 'react';

const key = 'hatchway.screen-reader-mode';

export function useScreenReaderMode(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(read);
  const set = (value: boolean) => {
    setOn(value);
    try {
      window.localStorage.setItem(key, String(value));
    } catch {
      // Storage is off: it holds for this page.
    }
  };
  return [on, set];
}

function read(): boolean {
  try {
    return window.localStorage.getItem(key) === 'true';
  } catch {
    return false;
  }
}
