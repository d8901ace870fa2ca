/**
 * Ends every process that a session left behind, from the inside of where it runs: a POSIX sh script, since there is no
 * API to end an exec.
 *
 * A process belongs to the session when its environment holds the session's id, or when it shares the terminal session
 * (field 6 of /proc/<pid>/stat) of one that does: `env -i` and `su` drop the environment, but not the terminal.
 */

/** The variable by which a session's processes are found again. */
export const sessionVariable = 'HATCHWAY_SESSION';

/** How long a process has between hang-up and kill. */
export const hangUpGraceMs = 1_000;

/**
 * The script for one session. Needs sh, kill (built in) and one of cat and grep. Prints nothing; exits 0 when nothing
 * is left, 1 when something is, 2 when it cannot tell.
 */
export function cleanupScript(sessionId: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(sessionId)) throw new RangeError('not a session id');
  const tag = `${sessionVariable}=${sessionId}`;
  return `
tagged() {
  if command -v grep >/dev/null 2>&1; then grep -qs '${tag}' "/proc/$1/environ"; return; fi
  case $(cat "/proc/$1/environ" 2>/dev/null) in *${tag}*) return 0;; esac
  return 1
}
stat_of() {
  line=
  { read -r line < "/proc/$1/stat"; } 2>/dev/null
  rest=\${line##*) }
  set -- $rest
  state=$1
  tty_session=$4
}
find_all() {
  pids= sids=' '
  for dir in /proc/[0-9]*; do
    pid=\${dir#/proc/}
    [ "$pid" = "$$" ] && continue
    if tagged "$pid"; then
      stat_of "$pid"
      [ "$state" = Z ] && continue
      pids="$pids $pid"
      sids="$sids$tty_session "
    fi
  done
  for sid in $known; do sids="$sids$sid "; done
  known=$sids
  for dir in /proc/[0-9]*; do
    pid=\${dir#/proc/}
    [ "$pid" = "$$" ] && continue
    stat_of "$pid"
    [ "$state" = Z ] && continue
    [ -n "$tty_session" ] && [ "$tty_session" != 0 ] || continue
    case $sids in *" $tty_session "*) case " $pids " in *" $pid "*) ;; *) pids="$pids $pid";; esac;; esac
  done
}
command -v grep >/dev/null 2>&1 || command -v cat >/dev/null 2>&1 || exit 2
known=
find_all
[ -z "$pids" ] && exit 0
kill -HUP $pids 2>/dev/null
kill -CONT $pids 2>/dev/null
sleep ${hangUpGraceMs / 1000} 2>/dev/null
find_all
[ -z "$pids" ] && exit 0
kill -KILL $pids 2>/dev/null
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  find_all
  [ -z "$pids" ] && exit 0
  kill -KILL $pids 2>/dev/null
  sleep 0.1 2>/dev/null
done
exit 1
`;
}
