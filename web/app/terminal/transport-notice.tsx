/** Why there is no WebSocket and which lines help. Comes and goes with the server's report. */
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { TransportReport } from '../../../src/wire/api.ts';
import { copyText } from '../clipboard.ts';
import { CrossIcon } from '../icons.tsx';

/** Remembered for the tab: another verdict is news, the same one is not. */
const dismissedKey = 'hatchway.notice-dismissed';

export function TransportNotice({ report }: { report: TransportReport | null }) {
  const [dismissed, setDismissed] = useState(readDismissed);
  const shown = report !== null && report.verdict !== dismissed ? report : null;
  const dismiss = (verdict: string) => {
    setDismissed(verdict);
    try {
      window.sessionStorage.setItem(dismissedKey, verdict);
    } catch {
      // Storage is off: it holds for this page.
    }
  };
  // The region is always there: screen readers announce what comes into it.
  return (
    <section aria-live="polite" aria-label="Notice about the connection">
      {shown !== null && (
        <div className="notice">
          <div className="notice-text">
            <p>{shown.sentence}</p>
            <p className="hint">It moves to the WebSocket by itself as soon as one gets through.</p>
            {shown.fix !== undefined && <Fix fix={shown.fix} />}
          </div>
          <Button
            className="button icon"
            aria-label="Dismiss the notice"
            onPress={() => dismiss(shown.verdict)}
          >
            <CrossIcon />
          </Button>
        </div>
      )}
    </section>
  );
}

function Fix({ fix }: { fix: NonNullable<TransportReport['fix']> }) {
  const [copied, setCopied] = useState(false);
  const text = fix.lines.join('\n');
  return (
    <figure className="fix">
      <figcaption>
        {fix.where}
        <Button
          className="button small"
          onPress={() => void copyText(text).then(setCopied)}
          onBlur={() => setCopied(false)}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </figcaption>
      <pre>
        <code>{text}</code>
      </pre>
    </figure>
  );
}

function readDismissed(): string {
  try {
    return window.sessionStorage.getItem(dismissedKey) ?? '';
  } catch {
    return '';
  }
}
