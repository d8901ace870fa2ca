/** The filter above the list. `/` leads to it from anywhere on the page. */
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField } from 'react-aria-components/SearchField';
import { CrossIcon, SearchIcon } from '../icons.tsx';
import { useSignedOut } from '../sign-in-state.ts';

export function FilterField(props: {
  value: string;
  onChange: (value: string) => void;
  onEnter: () => void;
  onArrowDown: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);

  // Not by `autoFocus`: below the sign-in form nothing can be focused.
  const signedOut = useSignedOut();
  useEffect(() => {
    if (!signedOut) input.current?.focus();
  }, [signedOut]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea')) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <SearchField
      className="filter"
      aria-label="Filter workloads"
      value={props.value}
      onChange={props.onChange}
      onSubmit={props.onEnter}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') {
          event.preventDefault();
          props.onArrowDown();
        }
      }}
    >
      <SearchIcon />
      <Input ref={input} placeholder="Filter by name, image, label…" spellCheck="false" />
      <span className="key" aria-hidden="true">
        /
      </span>
      <Button className="button icon" aria-label="Clear the filter">
        <CrossIcon />
      </Button>
    </SearchField>
  );
}
