import type { Clock } from "../lib/clock.ts";
import { isSameJson } from "../lib/same.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import { textFile } from "./branch.ts";
import type { BranchWrite, NewFile, Tip } from "./branch.ts";
import { encode } from "./encode.ts";
import { boundBy } from "./home.ts";
import type { Identity } from "./identity.ts";
import { formatVersion } from "./layout.ts";
import { derivedEdits } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { format } from "./schema.ts";
import type { Format } from "./schema.ts";
import type { Snapshot } from "./store.ts";
import { messageOf } from "./trailers.ts";

/** Files that are drawn from state, by path: rendered from the final tree of every attempt, and in no read set. The snapshot's `commit` is the parent's. */
export type Derive = (snapshot: Snapshot) => ReadonlyMap<string, string>;

/** The commit that puts prepared changes on a state, with everything that is drawn from it. */
export function nextCommit(
  prepared: Prepared,
  current: { readonly tip: Tip | null; readonly snapshot: Snapshot },
  options: {
    readonly derive?: Derive | undefined;
    readonly identity?: Identity | undefined;
    readonly newId: () => string;
    readonly clock: Pick<Clock, "now">;
  },
): BranchWrite {
  const lost = prepared.accepted.find(({ goesOn }) => goesOn !== undefined)?.goesOn;
  const generation = Math.max(current.snapshot.generation, lost?.after ?? 0) + 1;
  const { commit } = current.snapshot;
  const stateId = current.tip === null ? (lost?.stateId ?? current.snapshot.stateId) : current.snapshot.stateId;
  const edits = new Map<string, NewFile | null>(prepared.edits);
  const known: Format = current.snapshot.format ?? newFormat(stateId, options.clock.now());
  const bound = options.identity === undefined ? known : { ...known, ...boundBy(known, options.identity) };
  if (current.tip === null || !isSameJson(bound, known)) edits.set("format", textFile(encode(format, bound, "format")));
  if (options.derive !== undefined) {
    const { services, gone } = prepared;
    const drawn = options.derive({ commit, generation, stateId, services, gone });
    for (const [path, file] of derivedEdits(drawn, current.tip)) edits.set(path, file);
  }
  const message = messageOf(prepared.accepted, { generation, nonce: options.newId() });
  return { parent: current.tip, edits, message, generation };
}

function newFormat(stateId: string, now: number): Format {
  return { version: formatVersion, stateId, createdAt: toTimestamp(now) };
}
