/** How the shell ended and the ways on. Enter takes the first one, Escape leads back to the list. */
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Link } from 'react-aria-components/Link';
import type { DeepLink } from '../deep-link.ts';
import { OpenWithForm } from '../open-with.tsx';
import { navigate } from '../router.ts';
import type { Outcome } from './outcome.ts';

export function OutcomePanel(props: {
  outcome: Outcome;
  link: DeepLink;
  /** The screen is empty: the panel takes its place instead of standing below it. */
  covers: boolean;
  onRetry: () => void;
  onAnother: () => void;
}) {
  const { outcome, link, onRetry, onAnother } = props;
  const [choosing, setChoosing] = useState(false);
  const panel = useRef<HTMLElement>(null);

  const take = () => {
    switch (outcome.way) {
      case 'retry':
        return onRetry();
      case 'anew':
        return onAnother();
      case 'reload':
        return window.location.reload();
    }
  };
  const latest = useRef(take);
  latest.current = take;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A key that is held down since the shell ended is not an answer to this.
      if (event.repeat || event.defaultPrevented || isControl(event.target)) return;
      if (event.key === 'Enter') latest.current();
      else if (event.key === 'Escape') navigate('/');
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  return (
    <section
      ref={panel}
      className={`outcome ${outcome.tone} ${props.covers ? 'covers' : ''}`}
      aria-label="How it ended"
    >
      <div className="outcome-words" role={outcome.tone === 'calm' ? 'status' : 'alert'}>
        <h2>{outcome.title}</h2>
        {outcome.text !== '' && <p>{outcome.text}</p>}
        {outcome.tried.length > 0 && (
          <p className="hint">
            Tried:{' '}
            {outcome.tried.map((command) => (
              <code key={command}>{command}</code>
            ))}
          </p>
        )}
        {outcome.code !== '' && <p className="outcome-code">{outcome.code}</p>}
      </div>
      <div className="actions">
        <Button className="button primary" onPress={take}>
          {outcome.wayName} <span className="key">Enter</span>
        </Button>
        {outcome.way !== 'reload' && !choosing && (
          <Button className="button" onPress={() => setChoosing(true)}>
            Open with…
          </Button>
        )}
        <Link className="button quiet" href="/">
          All workloads <span className="key">Esc</span>
        </Link>
      </div>
      {choosing && (
        <OpenWithForm
          target={link.target}
          workload={link.workload}
          cmd={link.cmd}
          user={link.user}
        />
      )}
    </section>
  );
}

/** Where Enter and Escape have their own meaning; the terminal's hidden text area is none, it takes nothing now. */
function isControl(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.closest('.xterm') !== null) return false;
  return target.closest('a, button, input, textarea, [role="dialog"], [role="menu"]') !== null;
}
