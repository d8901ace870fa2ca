/**
 * Tells what a terminal says by itself from what a person types. Both come out of xterm.js as "data"; when old output is
 * shown again, the answers to the queries in it must not be sent a second time, or they are typed into the shell.
 */

/**
 * In this order: device attributes (DA1–DA3) and device status (DSR, cursor position), mode (DECRPM), focus in and out,
 * colours (OSC 4, 10, 11, 12), settings (DECRPSS) and XTGETTCAP. xterm control sequences, "ctlseqs".
 */
const report = new RegExp(
  [
    '\\x1b\\[[?>=]?[\\d;]*[cnR]',
    '\\x1b\\[\\??[\\d;]+\\$y',
    '\\x1b\\[[IO]',
    '\\x1b\\](?:4|10|11|12);[^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)',
    '\\x1bP[>!01][^\\x1b]*\\x1b\\\\',
  ]
    .map((form) => `(?:${form})`)
    .join('|')
    .replace(/^(.*)$/, '^(?:$1)+$'),
);

/** Whether `data` is nothing but reports that a terminal sends unasked by the person in front of it. */
export function isTerminalReport(data: string): boolean {
  return report.test(data);
}
