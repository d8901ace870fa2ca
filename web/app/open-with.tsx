/** "Open with…": which command, as which user. Leads to the deep link that says so. */
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog } from 'react-aria-components/Dialog';
import { FieldError } from 'react-aria-components/FieldError';
import { Form } from 'react-aria-components/Form';
import { Heading } from 'react-aria-components/Heading';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Popover } from 'react-aria-components/Popover';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';
import { parseCommandLine } from './command-line.ts';
import { formatDeepLink } from './deep-link.ts';
import { navigate } from './router.ts';

export type OpenWithProps = {
  target: string;
  workload: string;
  /** What the fields begin with. */
  cmd?: string | undefined;
  user?: string | undefined;
};

/** The form below the button of the `DialogTrigger` around it. */
export function OpenWithPopover(props: OpenWithProps) {
  return (
    <Popover className="popover" placement="bottom end">
      <Dialog>
        <Heading slot="title">Open {props.workload} with…</Heading>
        <OpenWithForm {...props} />
      </Dialog>
    </Popover>
  );
}

export function OpenWithForm({ target, workload, cmd = '', user = '' }: OpenWithProps) {
  const [command, setCommand] = useState(cmd);
  const [name, setName] = useState(user);
  const parsed = parseCommandLine(command);
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed.ok) {
          navigate(formatDeepLink({ target, workload, cmd: command.trim(), user: name.trim() }));
        }
      }}
    >
      <TextField
        value={command}
        onChange={setCommand}
        autoFocus
        isInvalid={!parsed.ok}
        validationBehavior="aria"
      >
        <Label>Command</Label>
        <Input placeholder="the shell that is there" spellCheck="false" autoCapitalize="off" />
        <Text slot="description" className="hint">
          Words as in a shell, quotes keep spaces: <code>sh -c "ls | wc"</code>
        </Text>
        <FieldError className="field-error">{parsed.ok ? '' : parsed.message}</FieldError>
      </TextField>
      <TextField value={name} onChange={setName}>
        <Label>User</Label>
        <Input placeholder="the workload’s own" spellCheck="false" autoCapitalize="off" />
        <Text slot="description" className="hint">
          A name or number, with a group if needed: <code>1000:1000</code>
        </Text>
      </TextField>
      <Button type="submit" className="button primary">
        Open
      </Button>
    </Form>
  );
}
