/** Asks for the token. Covers the page, which stays as it is beneath. */
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { FieldError } from 'react-aria-components/FieldError';
import { Form } from 'react-aria-components/Form';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';
import type { Problem } from '../../src/wire/api.ts';
import { api, problemOf } from './api.ts';
import { Brand } from './brand.tsx';
import { reportSignedIn, useSignOutReason } from './sign-in-state.ts';

/** @param props.firstFailure what became of a token that the address brought along */
export function SignIn({ firstFailure }: { firstFailure: Problem | undefined }) {
  const [failure, setFailure] = useState(firstFailure);
  const [busy, setBusy] = useState(false);
  const reason = useSignOutReason();

  const submit = async (form: HTMLFormElement) => {
    const token = tokenIn(String(new FormData(form).get('token') ?? ''));
    if (token === '') return;
    setBusy(true);
    setFailure(undefined);
    try {
      await api.signIn(token);
      reportSignedIn();
    } catch (error) {
      setFailure(problemOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <Form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <Brand />
        <h1>Sign in</h1>
        {reason !== '' && <p className="hint">{reason}</p>}
        <TextField
          name="token"
          type="password"
          autoComplete="off"
          autoFocus
          isRequired
          isInvalid={failure !== undefined}
          validationBehavior="aria"
        >
          <Label>Token</Label>
          <Input placeholder="Paste the token or the whole link" spellCheck="false" />
          <Text slot="description" className="hint">
            The line <code>Hatchway is ready: http://…/?token=…</code> has it, which{' '}
            <code>hatchway up</code> printed when it started.
          </Text>
          <FieldError className="field-error">
            {failure?.message} {failure?.remedy}
          </FieldError>
        </TextField>
        <Button type="submit" className="button primary" isPending={busy}>
          Sign in
        </Button>
      </Form>
    </main>
  );
}

/** People paste the link as it was printed, too. */
function tokenIn(text: string): string {
  const trimmed = text.trim();
  return /[?&]token=([^&#\s]+)/.exec(trimmed)?.[1] ?? trimmed;
}
