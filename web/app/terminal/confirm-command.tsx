/** What is asked before a link from somewhere else runs a command: any page of the web can have such a link. */
import { Button } from 'react-aria-components/Button';
import { Link } from 'react-aria-components/Link';
import { Brand } from '../brand.tsx';
import { type DeepLink, formatDeepLink } from '../deep-link.ts';
import { OpenWithForm } from '../open-with.tsx';

export function ConfirmCommand({ link, onRun }: { link: DeepLink; onRun: () => void }) {
  const { target, workload, cmd = '', user } = link;
  return (
    <main className="sign-in">
      <div className="card">
        <Brand />
        <h1>
          Run <code>{cmd}</code> in {workload}
          {user !== undefined && (
            <>
              {' '}
              as <code>{user}</code>
            </>
          )}
          ?
        </h1>
        <p className="hint">
          A link brought you here with this command. Run it only if you know where the link came
          from.
        </p>
        <div className="actions">
          <Button className="button primary" onPress={onRun}>
            Run it
          </Button>
          <Link
            className="button quiet"
            href={formatDeepLink({ target, workload, ...(user === undefined ? {} : { user }) })}
          >
            Open a plain shell
          </Link>
          <Link className="button quiet" href="/">
            All workloads
          </Link>
        </div>
      </div>
    </main>
  );
}

/** The link's command line has an open quote, say: it can be mended here. */
export function UnreadableCommand({ link }: { link: DeepLink }) {
  return (
    <main className="sign-in">
      <div className="card">
        <Brand />
        <h1>The command of this link cannot be read</h1>
        <OpenWithForm
          target={link.target}
          workload={link.workload}
          cmd={link.cmd}
          user={link.user}
        />
      </div>
    </main>
  );
}
