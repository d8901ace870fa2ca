/** The line above the terminal: where you are, as whom, how the connection stands, and the ways out. */
import type { RefObject } from 'react';
import { Button } from 'react-aria-components/Button';
import { Link } from 'react-aria-components/Link';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { copyText } from '../clipboard.ts';
import { formatCommandLine } from '../command-line.ts';
import { type DeepLink, formatDeepLink } from '../deep-link.ts';
import { EndSession } from '../end-session.tsx';
import { BackIcon, MoreIcon } from '../icons.tsx';
import { ConnectionState } from './connection-state.tsx';
import type { ConsoleSnapshot } from './console-session.ts';

export function ConsoleBar(props: {
  /** Opens the same again. */
  link: DeepLink;
  snapshot: ConsoleSnapshot | undefined;
  over: boolean;
  /** Where the focus goes when it leaves the terminal. */
  leave: RefObject<HTMLAnchorElement | null>;
  onRetry: () => void;
  onEnding: (ending: boolean) => void;
  screenReaderMode: boolean;
  onScreenReaderMode: (on: boolean) => void;
}) {
  const { link, snapshot, over, screenReaderMode } = props;
  const command = snapshot?.command ? formatCommandLine(snapshot.command) : link.cmd;
  const session = snapshot?.session?.id;
  return (
    <header className="console-bar">
      <Link ref={props.leave} href="/" className="button icon" aria-label="All workloads">
        <BackIcon />
      </Link>
      <h1 className="console-title">
        {link.workload}
        <span className="console-target">{link.target}</span>
      </h1>
      {command !== undefined && (
        <code className="console-command" title={command}>
          {command}
        </code>
      )}
      {link.user !== undefined && (
        <span className="console-user">
          as <code>{link.user}</code>
        </span>
      )}
      <span className="console-space" />
      {!over && (
        <span className="console-keys">
          <kbd>Ctrl+Shift+E</kbd> leaves the terminal
        </span>
      )}
      <ConnectionState snapshot={snapshot} over={over} onRetry={props.onRetry} />
      <MenuTrigger>
        <Button className="button icon" aria-label="More">
          <MoreIcon />
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu>
            <MenuItem
              onAction={() =>
                void copyText(new URL(formatDeepLink(link), window.location.origin).href)
              }
            >
              Copy the link to this shell
            </MenuItem>
            <MenuItem onAction={() => props.onScreenReaderMode(!screenReaderMode)}>
              {screenReaderMode ? 'Turn screen reader mode off' : 'Turn screen reader mode on'}
            </MenuItem>
            <MenuItem onAction={() => props.leave.current?.focus()}>
              Leave the terminal <kbd>Ctrl+Shift+E</kbd>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {session !== undefined && !over && (
        <EndSession
          session={session}
          label="End this session"
          command={command ?? 'The shell'}
          onEnding={props.onEnding}
        />
      )}
    </header>
  );
}
