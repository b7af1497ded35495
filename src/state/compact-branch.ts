import type { HistoryLimits } from "../config/settings.ts";
import { textFile } from "./branch.ts";
import type { WriteOutcome } from "./branch.ts";
import { compacted as schema } from "./compacted-schema.ts";
import { recordIds } from "./compacted-services.ts";
import type { Compacted } from "./compacted.ts";
import { commitsToKeep, compactedBy } from "./compaction.ts";
import { decode, encode } from "./encode.ts";
import { historyPath } from "./layout.ts";
import type { PastBranch } from "./past.ts";
import type { Snapshot } from "./store.ts";
import { messageOf } from "./trailers.ts";
import { nodeAt } from "./tree.ts";

export interface CompactOptions {
  readonly limits: HistoryLimits;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly nonce: string;
  /** The newest state that the caller has seen: nothing older is compacted. */
  readonly seen: Snapshot;
}

/** What became of a compaction. */
export type CompactionOutcome =
  /** There is nothing that would go. */
  | { readonly kind: "nothing" }
  /** Somebody wrote meanwhile, or the answer was lost: whoever looks next does it, if it is still to be done. */
  | { readonly kind: "put-off"; readonly cause?: unknown }
  | { readonly kind: "compacted"; readonly summary: Compacted };

/**
 * Replaces a branch by its newest commits and a summary of the older ones, in one compare-and-swap: the branch is what it was,
 * or what it is to be, and the state is the same.
 */
export async function compactBranch(
  branch: PastBranch,
  { limits, now, nonce, seen }: CompactOptions,
  signal?: AbortSignal,
): Promise<CompactionOutcome> {
  const tip = await branch.read(signal);
  if (tip === null || tip.generation < seen.generation) return { kind: "put-off" };
  const past = await branch.past(() => false, signal);
  // What was read may be newer than the tip: then it is not all of this history that would go.
  if (!past.whole || past.commits[0]?.commit !== tip.commit) return { kind: "put-off" };
  const keep = commitsToKeep(past, limits, now);
  const oldest = keep === null ? undefined : past.commits[keep - 1];
  if (keep === null || oldest === undefined) return { kind: "nothing" };
  const [before, contents] = [await summaryOf(), await branch.contents(recordIds(past.commits.slice(keep)), signal)];
  const summary = compactedBy({ past, keep, now, before, contents });
  const parent = await branch.replay(oldest.commit, tip, signal);
  const generation = tip.generation + 1;
  const outcome = await branch.write(
    {
      parent,
      replaces: tip,
      edits: new Map([[historyPath, textFile(encode(schema, summary, historyPath))]]),
      message: messageOf([happeningOf(summary, past.commits.length - keep)], { generation, nonce }),
      generation,
    },
    signal,
  );
  return resultOf(outcome, summary);

  async function summaryOf(): Promise<Compacted | null> {
    const node = tip === null ? null : nodeAt(tip.tree, historyPath);
    if (node?.kind !== "file") return null;
    const bytes = (await branch.contents([node.id], signal)).get(node.id);
    return bytes === undefined ? null : decode(schema, Buffer.from(bytes).toString("utf8"), historyPath);
  }
}

function resultOf(outcome: WriteOutcome, summary: Compacted): CompactionOutcome {
  return outcome.kind === "written" ? { kind: "compacted", summary } : { kind: "put-off", cause: outcome.cause };
}

function happeningOf({ last, oldest, replaced }: Compacted, dropped: number) {
  return {
    message: `history: ${dropped} commits up to g${last.generation} are summarised in ${historyPath}`,
    details: [
      `what follows them is here again from g${oldest.generation} on, under new ids`,
      `the branch was commit ${replaced.commit} before`,
    ],
  };
}
