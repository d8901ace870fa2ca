/** One line above the terminal for what is worth knowing and asks for nothing. */
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { CrossIcon } from '../icons.tsx';
import type { ConsoleSnapshot } from './console-session.ts';
import { useElapsedSeconds } from './seconds.ts';

/** A cut that is mended sooner is not worth a line: the word in the bar is enough. */
const longCutSeconds = 3;

export function QuietLine({ snapshot }: { snapshot: ConsoleSnapshot | undefined }) {
  const [dismissed, setDismissed] = useState('');
  const connection = snapshot?.connection?.state;
  const cut = connection?.phase === 'reconnecting';
  const cutSeconds = useElapsedSeconds(cut);
  const state = snapshot?.state;
  const notice = state?.phase === 'running' ? (state.notice ?? '') : '';

  if (cut && cutSeconds >= longCutSeconds) {
    return (
      <p className="quiet-line waiting" role="status">
        Not connected: {connection.reason}. The shell goes on running, and what you type is kept.
      </p>
    );
  }
  return (
    <div role="status">
      {notice !== '' && notice !== dismissed && (
        <p className="quiet-line">
          {notice}
          <Button className="button icon" aria-label="Dismiss" onPress={() => setDismissed(notice)}>
            <CrossIcon />
          </Button>
        </p>
      )}
    </div>
  );
}
