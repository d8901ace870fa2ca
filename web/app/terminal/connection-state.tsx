/** How the connection stands, in a dot and a word, and for screen readers when it changes. */
import { Button } from 'react-aria-components/Button';
import type { ConsoleSnapshot } from './console-session.ts';
import { useElapsedSeconds, useSecondsUntil } from './seconds.ts';

type Standing = { tone: 'good' | 'waiting' | 'over'; word: string; detail: string };

/** @param props.over the shell has come to its end, whatever the connection does */
export function ConnectionState(props: {
  snapshot: ConsoleSnapshot | undefined;
  over: boolean;
  onRetry: () => void;
}) {
  const { snapshot, over } = props;
  const state = snapshot?.connection?.state;
  const retryAtMs = state !== undefined && 'retryAtMs' in state ? state.retryAtMs : null;
  const retrySeconds = useSecondsUntil(over ? null : retryAtMs);
  const opening = !over && isOpening(snapshot);
  const elapsed = useElapsedSeconds(opening);
  const { tone, word, detail } = over
    ? { tone: 'over' as const, word: 'Ended', detail: '' }
    : standingOf(snapshot, elapsed, retrySeconds);

  return (
    <>
      <span className={`connection ${tone}`} title={detail === '' ? word : `${word} ${detail}`}>
        <span className="dot" />
        <span className="connection-word">{word}</span>
        {detail !== '' && <span className="connection-detail">{detail}</span>}
        {retrySeconds !== null && (
          <Button className="button link" onPress={props.onRetry}>
            now
          </Button>
        )}
      </span>
      <span role="status" className="visually-hidden">
        {word}
      </span>
    </>
  );
}

/** Nothing runs yet, as far as the page knows. */
function isOpening(snapshot: ConsoleSnapshot | undefined): boolean {
  const phase = snapshot?.connection?.state.phase;
  return phase !== 'reconnecting' && (phase !== 'open' || snapshot?.state?.phase === 'opening');
}

function standingOf(
  snapshot: ConsoleSnapshot | undefined,
  elapsed: number,
  retrySeconds: number | null,
): Standing {
  const state = snapshot?.connection?.state;
  if (state?.phase === 'reconnecting') {
    return retrySeconds === null
      ? { tone: 'waiting', word: 'Reconnecting…', detail: '' }
      : { tone: 'waiting', word: 'Reconnecting', detail: `in ${retrySeconds} s –` };
  }
  if (state?.phase === 'open' && snapshot?.state?.phase !== 'opening') {
    const roundTripMs = snapshot?.connection?.roundTripMs ?? null;
    return {
      tone: 'good',
      word: state.transport === 'websocket' ? 'WebSocket' : 'Streaming HTTP',
      detail: roundTripMs === null ? '' : `${Math.round(roundTripMs)} ms`,
    };
  }
  return { tone: 'waiting', word: 'Connecting…', detail: elapsed < 1 ? '' : `${elapsed} s` };
}
