/** One running session of the list: the way back into it, and its end. */
import { GridListItem } from 'react-aria-components/GridList';
import type { SessionInfo } from '../../../src/wire/api.ts';
import { formatCommandLine } from '../command-line.ts';
import { formatDeepLink } from '../deep-link.ts';
import { EndSession } from '../end-session.tsx';
import { EnterHint } from './enter-hint.tsx';

/** @param props.first where Enter in the filter leads */
export function SessionRow({
  session,
  first,
}: {
  session: SessionInfo;
  first: string | undefined;
}) {
  const { id, target, workload, state, user, viewers } = session;
  const href = formatDeepLink({ target, workload, session: id });
  const command = state.phase === 'running' ? formatCommandLine(state.command) : 'being opened';
  const details = [
    user === undefined ? command : `${command} as ${user}`,
    `since ${timeOf(session.openedAt)}`,
    viewers === 0 ? 'no viewer' : viewers === 1 ? '1 viewer' : `${viewers} viewers`,
  ].join(' · ');
  return (
    <GridListItem id={id} textValue={`${workload} ${details}`} className="workload" href={href}>
      <span className="dot live" />
      <span className="workload-name">{workload}</span>
      <span className="workload-detail">{details}</span>
      {href === first && <EnterHint />}
      <EndSession session={id} label={`End the session in ${workload}`} command={command} />
    </GridListItem>
  );
}

/** A time of today as a time, an older one with its day. */
function timeOf(iso: string): string {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, {
    ...(today ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  });
}
