/** The page of one deep link: asks before a command from elsewhere is run, then shows the shell. */
import { useState } from 'react';
import { parseCommandLine } from '../command-line.ts';
import type { DeepLink } from '../deep-link.ts';
import { noteEntry, usePlace } from '../router.ts';
import { ConfirmCommand, UnreadableCommand } from './confirm-command.tsx';
import { ConsoleView } from './console-view.tsx';

export function TerminalPage({ link }: { link: DeepLink }) {
  const place = usePlace();
  // What this entry of the history shows was decided when it was entered; only then may it be a return.
  const [resume] = useState(link.session ?? place.session);
  const parsed = parseCommandLine(link.cmd ?? '');
  if (resume === undefined && !parsed.ok) {
    return <UnreadableCommand link={link} />;
  }
  if (resume === undefined && link.cmd !== undefined && !place.chosenHere) {
    return <ConfirmCommand link={link} onRun={() => noteEntry({ chosenHere: true })} />;
  }
  return <ConsoleView link={link} command={parsed.ok ? parsed.words : []} resume={resume} />;
}
