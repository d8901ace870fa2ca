/** Over the empty terminal until there is a shell: what is being done, how long already, and a way on. */
import { Button } from 'react-aria-components/Button';
import { Link } from 'react-aria-components/Link';
import type { ConsoleSnapshot } from './console-session.ts';
import { useElapsedSeconds } from './seconds.ts';

/** From then on it is said that something takes long. */
const slowSeconds = 5;

/** From then on there is a way on. */
const stuckSeconds = 15;

export function Opening(props: {
  workload: string;
  snapshot: ConsoleSnapshot | undefined;
  /** Opens another session instead. */
  onAnother: () => void;
}) {
  const { snapshot } = props;
  const wait = waitOf(props.workload, snapshot);
  const elapsed = useElapsedSeconds(wait !== undefined);
  if (wait === undefined) return null;
  return (
    <div className="opening">
      <div className="opening-card" role="status">
        <p>
          <span className="spinner" aria-hidden="true" />
          {wait.step}
        </p>
        {elapsed >= slowSeconds && <p className="hint">{wait.cause}</p>}
      </div>
      {elapsed >= stuckSeconds && (
        <div className="actions">
          <Button className="button" onPress={props.onAnother}>
            Try again
          </Button>
          <Link className="button quiet" href="/">
            All workloads
          </Link>
        </div>
      )}
    </div>
  );
}

type Wait = { step: string; cause: string };

/** What is waited for now; undefined when nothing is. */
function waitOf(workload: string, snapshot: ConsoleSnapshot | undefined): Wait | undefined {
  if (snapshot === undefined || snapshot.hasOutput) return undefined;
  const { connection, state } = snapshot;
  if (connection === null) {
    return {
      step: `Asking for a shell in ${workload}`,
      // Browsers keep six connections a site over HTTP/1.1, and every stream takes one for good.
      cause:
        'No answer has come back yet. If six terminals run over streaming HTTP in this browser, it has no connection left: close one.',
    };
  }
  if (connection.state.phase === 'connecting') {
    const { reason } = connection.state;
    return {
      step: 'Connecting to the session',
      cause:
        reason === ''
          ? 'Neither a WebSocket nor a streaming response has come through yet.'
          : `Last try: ${reason}. It is tried again by itself.`,
    };
  }
  if (connection.state.phase === 'open' && state?.phase === 'opening') {
    return { step: state.step, cause: 'This step takes longer than usual; it is still going on.' };
  }
  return undefined;
}
