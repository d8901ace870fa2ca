/** The page as a whole: which part is shown, and the sign-in form above it when that is needed. */
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { RouterProvider } from 'react-aria-components';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { ApiError, api } from './api.ts';
import { ListPage } from './list/list-page.tsx';
import { navigate, usePlace } from './router.ts';
import { SignIn } from './sign-in.tsx';
import { onSignedIn, reportSignedIn, reportSignedOut, useSignedOut } from './sign-in-state.ts';
import { UnknownPage } from './unknown-page.tsx';

/** The terminal is most of the bytes, and the list does not need it. */
const TerminalPage = lazy(() =>
  import('./terminal/terminal-page.tsx').then((module) => ({ default: module.TerminalPage })),
);

/** @param props.token a token from the address, to be tried before anything else */
export function App({ token }: { token: string | undefined }) {
  const [entering, setEntering] = useState(token !== undefined);
  const [tokenFailure, setTokenFailure] = useState<ApiError>();
  const signedOut = useSignedOut();
  const queries = useQueryClient();

  useEffect(() => {
    if (token === undefined) return;
    api
      .signIn(token)
      .then(reportSignedIn, (error: unknown) => {
        if (error instanceof ApiError) setTokenFailure(error);
        // With a cookie of before, a stale link does not keep anybody out: the next request decides.
        if (!(error instanceof ApiError) || error.status !== 401) reportSignedOut();
      })
      .finally(() => setEntering(false));
  }, [token]);

  useEffect(() => onSignedIn(() => void queries.invalidateQueries()), [queries]);

  if (entering) return null;
  return (
    <I18nProvider locale="en-US">
      <RouterProvider navigate={(href) => navigate(href)}>
        <div className="page" inert={signedOut}>
          <Page />
        </div>
        {signedOut && <SignIn firstFailure={tokenFailure?.problem} />}
      </RouterProvider>
    </I18nProvider>
  );
}

function Page() {
  const { route, entry } = usePlace();
  switch (route.page) {
    case 'list':
      return <ListPage />;
    case 'terminal':
      return (
        <Suspense>
          <TerminalPage key={entry} link={route.link} />
        </Suspense>
      );
    case 'unknown':
      return <UnknownPage path={route.path} />;
  }
}
