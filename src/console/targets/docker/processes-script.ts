/**
 * Lists and signals a session's processes from inside a container, in POSIX sh. What is built into a shell is enough:
 * small images have neither ps nor grep. But with grep it is quicker, since some shells read byte by byte.
 *
 * Arguments: session id, signal, pids to signal, terminal sessions known already (lists separated by spaces).
 * Prints `pid parent terminal-session` a line for what is there after the signals, then `end`.
 */
import { type SessionProcess, sessionVariable } from '../session-processes.ts';

export const processesScript = `
exec 2>/dev/null
grep=$(command -v grep)
tag=${sessionVariable}=$1 signal=$2 wanted=" $3 " sessions=" $4 "

is_tagged() {
  if [ -n "$grep" ]; then
    case $tagged in *" /proc/$1/environ "*) return 0;; esac
    return 1
  fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *$tag*) return 0;; esac
    line=
  done < /proc/$1/environ
  return 1
}

scan() {
  all= ours=' ' found= tagged=
  [ -z "$grep" ] || tagged=" $(echo $(grep -ls $tag /proc/[0-9]*/environ)) "
  for dir in /proc/[0-9]*; do
    pid=\${dir#/proc/}
    [ "$pid" = $$ ] && continue
    stat=
    read -r stat < $dir/stat || continue
    set -- \${stat##*) }
    case $1 in Z|X) continue;; esac
    all="$all $pid:$2:$4"
    if is_tagged $pid; then
      ours="$ours$pid "
      [ "$4" = 0 ] || sessions="$sessions$4 "
    fi
  done
  for process in $all; do
    case $ours in *" \${process%%:*} "*) found="$found $process"; continue;; esac
    case $sessions in *" \${process##*:} "*) found="$found $process";; esac
  done
}

scan
if [ "$wanted" != '  ' ]; then
  for process in $found; do
    pid=\${process%%:*}
    case $wanted in *" $pid "*) kill -$signal $pid; kill -CONT $pid;; esac
  done
  scan
fi
for process in $found; do
  rest=\${process#*:}
  echo "\${process%%:*} \${rest%%:*} \${rest#*:}"
done
echo end
`;

/** Reads what the script printed, whatever its line ends. Undefined when it did not get to its end. */
export function readProcesses(printed: string): SessionProcess[] | undefined {
  const lines = printed.trimEnd().split(/\r?\n/);
  if (lines.pop() !== 'end') return undefined;
  return lines.map((line) => {
    const [pid, parent, terminalSession] = line.split(' ').map(Number);
    return { pid: pid ?? 0, parent: parent ?? 0, terminalSession: terminalSession ?? 0 };
  });
}
