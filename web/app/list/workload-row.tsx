/** One workload of the list: a row that leads to a shell, with a way to say which one. */
import { Button } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { GridListItem } from 'react-aria-components/GridList';
import type { Workload } from '../../../src/wire/api.ts';
import { formatDeepLink } from '../deep-link.ts';
import { OptionsIcon } from '../icons.tsx';
import { OpenWithPopover } from '../open-with.tsx';
import { EnterHint } from './enter-hint.tsx';

/** @param props.first where Enter in the filter leads */
export function WorkloadRow(props: {
  target: string;
  workload: Workload;
  first: string | undefined;
}) {
  const { target, workload } = props;
  const { id, name, detail, state, openable } = workload;
  const href = formatDeepLink({ target, workload: id });
  return (
    <GridListItem
      id={`${target} ${id}`}
      textValue={`${name} ${detail} ${state}`}
      className="workload"
      isDisabled={!openable}
      {...(openable ? { href } : {})}
    >
      <span className={openable ? 'dot good' : 'dot'} />
      <span className="workload-name">{name}</span>
      <span className="workload-detail">{detail}</span>
      {openable ? (
        <>
          {href === props.first && <EnterHint />}
          <DialogTrigger>
            <Button className="button icon" aria-label={`Open ${name} with…`}>
              <OptionsIcon />
            </Button>
            <OpenWithPopover target={target} workload={id} />
          </DialogTrigger>
        </>
      ) : (
        <span className="tag">{state}</span>
      )}
    </GridListItem>
  );
}
