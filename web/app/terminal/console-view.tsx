/** A shell on the page: the bar, what has to be said, the terminal, and how it ended. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { browserEnvironment } from '../../attach/browser-environment.ts';
import { api } from '../api.ts';
import { formatCommandLine } from '../command-line.ts';
import { type DeepLink, formatDeepLink } from '../deep-link.ts';
import { navigate, noteEntry } from '../router.ts';
import { useSignedOut } from '../sign-in-state.ts';
import { ConsoleBar } from './console-bar.tsx';
import { ConsoleSession, type ConsoleSnapshot } from './console-session.ts';
import { Opening } from './opening.tsx';
import { outcomeOf } from './outcome.ts';
import { OutcomePanel } from './outcome-panel.tsx';
import { QuietLine } from './quiet-line.tsx';
import { useScreenReaderMode } from './screen-reader-mode.ts';
import { TerminalScreen } from './terminal-screen.ts';
import { TransportNotice } from './transport-notice.tsx';
import './console.css';

/** Said instead of the signal that the process got, when its end was asked for on this page. */
const endedOnPurpose = { tone: 'calm', title: 'You ended this session', text: '' } as const;

type Parts = { screen: TerminalScreen; session: ConsoleSession };

/** @param props.resume id of the session to return to; without it one is opened */
export function ConsoleView(props: {
  link: DeepLink;
  command: readonly string[];
  resume: string | undefined;
}) {
  const { link } = props;
  const place = useRef<HTMLDivElement>(null);
  const leave = useRef<HTMLAnchorElement>(null);
  const [parts, setParts] = useState<Parts>();
  const [endedHere, setEndedHere] = useState(false);
  const [screenReaderMode, setScreenReaderMode] = useScreenReaderMode();

  // One shell for as long as this is shown: whatever leads to another one is another entry of the history, and this
  // component is made anew for it. Later properties change nothing about the shell that runs.
  const first = useRef(props);
  useEffect(() => {
    if (place.current === null) return;
    const opened = openParts(place.current, first.current, () => leave.current?.focus());
    setParts(opened);
    return () => {
      opened.session.dispose();
      opened.screen.dispose();
    };
  }, []);

  const snapshot = useSnapshot(parts?.session);
  const outcome = snapshot === undefined ? undefined : outcomeOf(snapshot);

  useEffect(() => {
    document.title = `${link.workload} – Hatchway`;
  }, [link.workload]);

  useEffect(() => {
    if (parts !== undefined) parts.screen.screenReaderMode = screenReaderMode;
  }, [parts, screenReaderMode]);

  const over = outcome !== undefined;
  const signedOut = useSignedOut();
  useEffect(() => {
    if (parts === undefined) return;
    parts.screen.acceptsInput = !over;
    if (!over && !signedOut) parts.screen.focus();
  }, [parts, over, signedOut]);

  const openAnother = useCallback(() => {
    // A session that never got anywhere would stay in the list of those that run.
    if (snapshot?.session && snapshot.state?.phase === 'opening') {
      api.endSession(snapshot.session.id).catch(() => {});
    }
    navigate(formatDeepLink(linkOf(first.current.link, snapshot)), 'replace');
  }, [snapshot]);

  return (
    <main className="console" aria-label={`Terminal: ${link.workload}`}>
      <ConsoleBar
        link={linkOf(link, snapshot)}
        snapshot={snapshot}
        over={over}
        leave={leave}
        onRetry={() => parts?.session.retry()}
        onEnding={setEndedHere}
        screenReaderMode={screenReaderMode}
        onScreenReaderMode={setScreenReaderMode}
      />
      <TransportNotice report={snapshot?.connection?.report ?? null} />
      <QuietLine snapshot={snapshot} />
      <div className="screen-frame">
        <div className="screen" ref={place} />
        {!over && <Opening workload={link.workload} snapshot={snapshot} onAnother={openAnother} />}
      </div>
      {outcome !== undefined && parts !== undefined && (
        <OutcomePanel
          outcome={endedHere ? { ...outcome, ...endedOnPurpose } : outcome}
          link={linkOf(link, snapshot)}
          covers={snapshot?.hasOutput !== true}
          onRetry={() => parts.session.retry()}
          onAnother={openAnother}
        />
      )}
    </main>
  );
}

function openParts(
  place: HTMLElement,
  {
    link,
    command,
    resume,
  }: { link: DeepLink; command: readonly string[]; resume: string | undefined },
  onLeave: () => void,
): Parts {
  const screen = new TerminalScreen(place, {
    onInput: (bytes) => session.type(bytes),
    onResize: (cols, rows) => session.resize(cols, rows),
    onLeave,
  });
  const session = new ConsoleSession({
    request: {
      target: link.target,
      workload: link.workload,
      ...(command.length === 0 ? {} : { command: [...command] }),
      ...(link.user === undefined ? {} : { user: link.user }),
      cols: screen.cols,
      rows: screen.rows,
    },
    resume,
    sink: screen,
    environment: browserEnvironment(),
    onOpened: (id) => noteEntry({ session: id }),
  });
  return { screen, session };
}

function useSnapshot(session: ConsoleSession | undefined): ConsoleSnapshot | undefined {
  const subscribe = useCallback(
    (listener: () => void) => session?.subscribe(listener) ?? (() => {}),
    [session],
  );
  return useSyncExternalStore(subscribe, () => session?.snapshot);
}

/** The link that opens the same again, also for a session that was returned to by its id. */
function linkOf(link: DeepLink, snapshot: ConsoleSnapshot | undefined): DeepLink {
  const { session: id, ...rest } = link;
  const session = snapshot?.session;
  if (id === undefined || session === null || session === undefined) return rest;
  return {
    ...rest,
    ...(session.user === undefined ? {} : { user: session.user }),
    ...(session.command === undefined ? {} : { cmd: formatCommandLine(session.command) }),
  };
}
