/** A target that is not reached: what happened and what to do, said calmly, for the other targets work. */
import type { TargetListing } from '../../../src/wire/api.ts';

export function TargetProblem({ listing }: { listing: TargetListing }) {
  const { problem, title, address } = listing;
  if (problem === undefined) return null;
  return (
    <section className="note problem" aria-label={title}>
      <h2>
        {title} <span className="address">{address}</span>
      </h2>
      <p>{problem.message}</p>
      <p className="remedy">{problem.remedy}</p>
    </section>
  );
}
