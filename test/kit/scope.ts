/**
 * Who owns what a test starts. Every function of the kit that starts something takes a `Scope` first (the `t` of the
 * test) and undoes it when that scope ends, whether the test passed or failed. Knows nothing of what is undone.
 */

/** A test, or anything else with an end: `node:test`'s TestContext fits. */
export type Scope = { after(end: () => Promise<void>): void };

const endings = new WeakMap<Scope, (() => void | Promise<void>)[]>();

/**
 * Runs `end` when the scope ends, newest first, each of them even when another one throws.
 *
 * `t.after` alone runs the oldest first and stops at the first failure: a folder would be removed under the server that
 * uses it, and a server would survive the failure of another one.
 */
export function atEnd(scope: Scope, end: () => void | Promise<void>): void {
  const known = endings.get(scope);
  if (known !== undefined) {
    known.push(end);
    return;
  }
  const stack = [end];
  endings.set(scope, stack);
  scope.after(async () => {
    const failures: unknown[] = [];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      try {
        await next();
      } catch (failure) {
        failures.push(failure);
      }
    }
    endings.delete(scope);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
  });
}
