/** An address that leads nowhere. */
import { Link } from 'react-aria-components/Link';
import { Brand } from './brand.tsx';

export function UnknownPage({ path }: { path: string }) {
  return (
    <main className="sign-in">
      <div className="card">
        <Brand />
        <h1>Nothing here</h1>
        <p>
          <code>{path}</code> is not an address of this page. A shell has one such as{' '}
          <code>/x/docker/web-1</code>.
        </p>
        <Link href="/" className="button primary">
          All workloads
        </Link>
      </div>
    </main>
  );
}
