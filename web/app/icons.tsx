/**
 * The few signs the page uses, drawn as lines in the colour of the text. Buttons carry their names themselves; a title
 * here is for whoever points at the sign and wonders.
 */
import type { ReactNode } from 'react';

function Icon({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {title !== undefined && <title>{title}</title>}
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14" />
  </Icon>
);

export const CrossIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);

export const OptionsIcon = () => (
  <Icon title="Open with…">
    <path d="M2 5h5M11 5h3M2 11h3M9 11h5M11 5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM9 11a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z" />
  </Icon>
);

export const BackIcon = () => (
  <Icon title="All workloads">
    <path d="M10 3 5 8l5 5" />
  </Icon>
);

export const MoreIcon = () => (
  <Icon title="More">
    <path d="M3 8h.01M8 8h.01M13 8h.01" className="dots" />
  </Icon>
);
