/** The product's name and sign. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--brand)" />
        <path d="M9 11.5 13.5 16 9 20.5M16.5 21H23" className="brand-sign" />
      </svg>
      Hatchway
    </span>
  );
}
