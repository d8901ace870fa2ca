/**
 * Starts the page. Not in React's strict mode: that runs every effect twice, and an effect of this page opens a shell.
 */
import './app/style.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { takeTokenFromAddress } from './app/router.ts';

const token = takeTokenFromAddress();
const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });

createRoot(document.getElementById('page') as HTMLElement).render(
  <QueryClientProvider client={queries}>
    <App token={token} />
  </QueryClientProvider>,
);
