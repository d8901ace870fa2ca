/** What an exit code usually means, for somebody who does not know the shells' conventions by heart. */

/** Number and name of the signals that end processes in practice (Linux, signal(7)). */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP: its terminal or session was closed',
  2: 'SIGINT: interrupted with Ctrl-C',
  3: 'SIGQUIT: quit with Ctrl-\\',
  4: 'SIGILL: an instruction this processor does not know',
  6: 'SIGABRT: it gave up by itself',
  8: 'SIGFPE: an arithmetic error',
  11: 'SIGSEGV: it reached for memory that is not its own',
  13: 'SIGPIPE: nobody reads its output any more',
};

/** One clause, or undefined when the code says nothing beyond itself. Codes above 128 are 128 + signal. */
export function exitMeaning(exitCode: number): string | undefined {
  switch (exitCode) {
    case 126:
      return 'the command was found but could not be executed';
    case 127:
      return 'the command was not found';
  }
  return exitCode > 128 ? signals[exitCode - 128] : undefined;
}
