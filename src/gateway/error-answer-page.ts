/**
 * The page of an error for browsers. It loads nothing and runs nothing, and is read by two people: the visitor, who is
 * told what happened and whether to try again, and whoever runs the site, who is told where to look.
 */

export type ErrorAnswerPageText = {
  /** `502 Bad Gateway` */
  readonly status: string;
  /** What happened; ASCII that needs no escaping. */
  readonly sentence: string;
  readonly code: string;
  readonly requestId: string;
};

const style = `
:root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1c2430;--soft:#566072;--line:#dde1e8}
@media (prefers-color-scheme:dark){:root{--back:#14171c;--card:#1c2129;--text:#e8ebf0;--soft:#9aa5b5;--line:#303743}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{box-sizing:border-box;width:min(36rem,100% - 2rem);margin:1rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 .75rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
dl,footer{font-size:.875rem;color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:.75rem}
code{font-size:.8125rem}
`.replaceAll('\n', '');

export function errorAnswerPage({
  status,
  sentence,
  code,
  requestId,
}: ErrorAnswerPageText): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${status}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${status}</h1>
<p>${sentence}</p>
<p>${adviceFor(Number.parseInt(status, 10))}</p>
<dl>
<dt>Request</dt><dd><code>${requestId}</code></dd>
<dt>Code</dt><dd><code>${code}</code></dd>
</dl>
<footer>If you run this site: the log has the details under this request id, and docs/errors.md explains the code.</footer>
</main>
</body>
</html>
`;
}

/** What a visitor can do. */
function adviceFor(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'If you should have access, ask whoever runs this site, and give the request id below.';
    case 404:
      return 'Check the address for typing errors, or start from the first page of this site.';
    case 408:
    case 429:
    case 503:
      return 'Try again in a moment.';
    case 431:
      return 'Clearing the cookies of this site usually helps.';
    default:
      return status >= 500
        ? 'Try again in a moment. If it stays like this, tell whoever runs this site the request id below.'
        : 'Trying again will not help. If you followed a link, tell whoever runs this site the request id below.';
  }
}
