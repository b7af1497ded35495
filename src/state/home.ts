/** The repository that a state belongs to, as the one thing tells it that a rename or a move leaves as it is. */
export type Home =
  /** A forge, by its URL, and the id that it has given the repository. */
  | { readonly forge: string; readonly id: string }
  /** The git directory of a state that no remote has. */
  | { readonly path: string };

/** What `format` remembers of it. Both are absent in branches of before they were, and where nobody knew them. */
export interface Bound {
  /** What instances are tagged with as their repository, and what their places on a host are called: from the first write on, whatever becomes of the repository's own name. */
  readonly repository?: string | undefined;
  readonly home?: Home | undefined;
}

/** What is to be remembered after a write of this run. */
export function boundBy(
  bound: Bound,
  { repository, home }: { readonly repository: string; readonly home: Home | null },
): Bound {
  const known = home ?? bound.home;
  return { repository: bound.repository ?? repository, ...(known === undefined ? {} : { home: known }) };
}
