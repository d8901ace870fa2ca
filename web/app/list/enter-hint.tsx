/** Marks the row that Enter in the filter opens; shown only while the filter has the focus. */
export function EnterHint() {
  return (
    <span className="key enter-hint" aria-hidden="true">
      Enter
    </span>
  );
}
