/** Ends a session after a question: what runs in it ends with it. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { api, problemOf } from './api.ts';

/**
 * @param props.label names the button where it stands among others of its kind
 * @param props.command what runs, for the question
 */
export function EndSession(props: {
  session: string;
  label: string;
  command: string;
  /** Whether it is being ended from here; false again when that failed. */
  onEnding?: (ending: boolean) => void;
}) {
  const queries = useQueryClient();
  const [failure, setFailure] = useState('');

  const end = async (close: () => void) => {
    props.onEnding?.(true);
    try {
      await api.endSession(props.session);
      close();
    } catch (error) {
      props.onEnding?.(false);
      setFailure(problemOf(error).message);
    } finally {
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    }
  };

  return (
    <DialogTrigger onOpenChange={() => setFailure('')}>
      <Button className="button quiet" aria-label={props.label}>
        End
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog role="alertdialog" aria-label="End this session?">
          {({ close }) => (
            <>
              <p>
                End this session? <code>{props.command}</code> and everything started in it stops.
              </p>
              {failure !== '' && <p className="field-error">{failure}</p>}
              <div className="actions">
                <Button className="button danger" autoFocus onPress={() => void end(close)}>
                  End it
                </Button>
                <Button className="button quiet" onPress={close}>
                  Keep it
                </Button>
              </div>
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
