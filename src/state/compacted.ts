/** What is remembered of commits that are not in the branch any more: `history.json`. */
export interface Compacted {
  /** When the last compaction was made. */
  readonly at: string;
  readonly compactions: number;
  /** How many commits are not in the branch any more, of all compactions. */
  readonly commits: number;
  /** The first and the last of them. */
  readonly first: Milestone;
  readonly last: Milestone;
  /** The oldest that is still there, under the id that it had before. */
  readonly oldest: Milestone;
  /** The branch's newest commit before the last compaction: whoever has kept it can verify this summary. */
  readonly replaced: Replaced;
  /** SHA-256 of `previous`, where there is one, and the ids of all commits that the branch had then, oldest first, each with a line break. */
  readonly digest: string;
  /** The digest of the compaction before. Absent: there was none. */
  readonly previous?: string;
  /** Those that the commits changed which are not there any more, by name: the last ones, where there are many. */
  readonly services: readonly CompactedService[];
}

/** One commit, by its names. */
export interface Milestone {
  readonly generation: number;
  readonly commit: string;
  readonly at: string;
}

export interface Replaced extends Milestone {
  /** How many commits the branch had. */
  readonly commits: number;
}

/** What is remembered of one service's part in it. */
export interface CompactedService {
  readonly name: string;
  readonly commits: number;
  /** The last of them. */
  readonly last: string;
  /** The last revisions that were accepted, newest last. */
  readonly accepted: readonly CompactedRevision[];
}

export interface CompactedRevision {
  readonly deployment: number;
  readonly at: string;
  readonly by: string;
  readonly commit: string | null;
}
