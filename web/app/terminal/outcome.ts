/** How a shell on the page came to its end, in words, and what can be done then. Undefined while it has not. */
import { byeCodes } from '../../../src/wire/frames.ts';
import { formatCommandLine } from '../command-line.ts';
import type { ConsoleSnapshot } from './console-session.ts';
import { exitMeaning } from './exit-meaning.ts';

export type Outcome = {
  /** `calm`: as it should be; `marked`: somebody will want to know. */
  tone: 'calm' | 'marked';
  /** What happened, in one sentence or clause. */
  title: string;
  /** What it means or what to do; may be empty. */
  text: string;
  /** Commands that were tried and could not be started. */
  tried: readonly string[];
  /** `HW_…` or empty. */
  code: string;
  /** `retry`: the same request again; `anew`: a new session; `reload`: the page itself. */
  way: 'retry' | 'anew' | 'reload';
  /** What the button says. */
  wayName: string;
};

const plain = { tone: 'marked', text: '', tried: [], code: '' } as const;
const retry = { way: 'retry', wayName: 'Try again' } as const;
const anew = { way: 'anew', wayName: 'Open a new one' } as const;
const reload = { way: 'reload', wayName: 'Reload' } as const;

/** 128 + SIGKILL and 128 + SIGTERM: they come from elsewhere, and the server knows whether the container stopped. */
const sentFromElsewhere: readonly number[] = [137, 143];

export function outcomeOf(snapshot: ConsoleSnapshot): Outcome | undefined {
  const { refusal, state, connection } = snapshot;
  if (refusal !== null) {
    return {
      ...plain,
      title: refusal.message,
      text: refusal.remedy,
      tried: refusal.tried ?? [],
      code: refusal.code,
      ...retry,
    };
  }
  if (state?.phase === 'failed') {
    const { message, remedy, tried = [], code } = state.problem;
    return { ...plain, title: message, text: remedy, tried, code, ...anew, wayName: 'Try again' };
  }
  if (state?.phase === 'ended') return exitOf(snapshot, state.exitCode, state.reason);
  if (connection?.state.phase !== 'ended') return undefined;
  return byeOf(connection.state.code, connection.state.reason);
}

function exitOf({ command }: ConsoleSnapshot, exitCode: number | null, reason: string): Outcome {
  if (exitCode === null) {
    return { ...plain, title: 'The session ended', text: sentence(reason), ...anew };
  }
  const name = command === null ? 'The command' : formatCommandLine(command);
  return {
    ...plain,
    tone: exitCode === 0 ? 'calm' : 'marked',
    title: `${name} exited with ${exitCode}`,
    text: sentFromElsewhere.includes(exitCode) ? sentence(reason) : (exitMeaning(exitCode) ?? ''),
    ...anew,
  };
}

/** Reasons come as clauses: "it was ended by its viewer". */
function sentence(clause: string): string {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function byeOf(code: number, reason: string): Outcome | undefined {
  switch (code) {
    case byeCodes.denied:
      // The sign-in form covers the page; afterwards the session goes on.
      return undefined;
    case byeCodes.ended:
      return { ...plain, tone: 'calm', title: 'The session ended', ...anew };
    case byeCodes.gone:
      return {
        ...plain,
        title: 'This session is not there any more',
        text: 'It was ended, nobody came back to it in time, or Hatchway was started anew.',
        ...anew,
      };
    case byeCodes.version:
      return {
        ...plain,
        title: 'Hatchway has been updated',
        text: 'Reload the page to go on: the session is still there.',
        ...reload,
      };
    default:
      return {
        ...plain,
        title: 'The page and the server lost track of each other',
        text: `Reload the page to go on: the session is still there. (${reason})`,
        ...reload,
      };
  }
}
