/** Numbers for the connections of clients, as logs and `$connection` name them: never two with the same in one process. */

let last = 0;

/** The next one, from 1 on. */
export function nextConnectionNumber(): number {
  return ++last;
}
