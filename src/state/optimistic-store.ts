import type { FileEntry } from "../config/files.ts";
import { isPassing } from "../git/git-error.ts";
import type { Clock } from "../lib/clock.ts";
import { isSameJson } from "../lib/same.ts";
import { createBatches } from "./batches.ts";
import type { Waiting } from "./batches.ts";
import type { Branch, NewFile, Tip } from "./branch.ts";
import { encode } from "./encode.ts";
import { boundBy, refuseForeign } from "./identity.ts";
import type { Identity } from "./identity.ts";
import { readKeptContent } from "./kept-content.ts";
import { offerLastGood } from "./last-good.ts";
import { formatVersion } from "./layout.ts";
import { admit, noMemory } from "./memory-of-branch.ts";
import type { BranchMemory, Remembered } from "./memory-of-branch.ts";
import { derivedEdits, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { createPartCache } from "./read-tip.ts";
import { format } from "./schema.ts";
import type { Format } from "./schema.ts";
import { backOff, busy, doubt, missingContent } from "./store-errors.ts";
import type { Snapshot, StateStore } from "./store.ts";
import { messageOf } from "./trailers.ts";

/** Files that are drawn from state, by path: rendered from the final tree of every attempt, and in no read set. The snapshot's `commit` is the parent's. */
export type Derive = (snapshot: Snapshot) => ReadonlyMap<string, string>;

export interface OptimisticOptions {
  readonly clock: Clock;
  /** A fresh random text at each call: nonces, and the state id of a new branch. */
  readonly newId: () => string;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly derive?: Derive | undefined;
  /** What this machine knew of the branch before, so that a branch that vanished is no empty one. */
  readonly memory?: BranchMemory;
  /** Which repository this run works in. Absent: whatever the branch says. */
  readonly identity?: Identity | undefined;
  /** Lost races in a row before a write gives up; default 40. */
  readonly attempts?: number;
}

/** The newest that is known: `tip` is `null` while there is no branch. */
interface View {
  readonly tip: Tip | null;
  readonly snapshot: Snapshot;
}

/** A `StateStore` over a branch: reads at one commit, compare-and-swap writes, re-applied where nothing that they read has changed. */
export function optimisticStore(branch: Branch, options: OptimisticOptions): StateStore {
  const cache = createPartCache(branch);
  const memory = options.memory ?? noMemory;
  const proposedId = options.newId();
  let view: View | null = null;
  const batches = createBatches(writeTogether);

  return {
    load: async (signal) => (await refresh(signal)).snapshot,
    commit: (change, signal) => batches.add(change, signal),
    async readContent(content: string, signal?: AbortSignal): Promise<readonly FileEntry[]> {
      const known = view ?? (await refresh(signal));
      const found = await readKeptContent(branch, known.tip, content, signal);
      // Another process may have kept it since.
      return (
        found ??
        (await readKeptContent(branch, (await refresh(signal)).tip, content, signal)) ??
        missingContent(content)
      );
    },
  };

  async function refresh(signal?: AbortSignal): Promise<View> {
    // What was known before the read began: a write that ends meanwhile makes no read look rewound.
    const before = view;
    const remembered = [seenIn(before), await memory.recall()];
    const tip = await branch.read(signal);
    for (const known of remembered) admit(known, tip);
    if (tip === null)
      return keep({ tip, snapshot: { commit: null, generation: 0, stateId: proposedId, services: new Map() } });
    if (before?.tip?.commit === tip.commit) return before;
    const snapshot = await cache.read(tip, signal).catch((error: unknown) => offerLastGood(error, branch, tip));
    for (const known of remembered) admit(known, tip, snapshot.stateId);
    if (options.identity !== undefined) await refuseForeign(snapshot.format ?? {}, options.identity);
    await memory.remember({ commit: tip.commit, generation: tip.generation, stateId: snapshot.stateId });
    return keep({ tip, snapshot });
  }

  /** A write may have landed: whoever waits for it learns more from a second look than from an error. */
  async function refreshPatiently(signal?: AbortSignal): Promise<View> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await refresh(signal);
      } catch (cause) {
        if (!isPassing(cause)) throw cause;
        if (attempt === 6 || signal?.aborted === true) throw doubt(cause);
        await options.clock.sleep(backOff(attempt + 3, options.random()), signal);
      }
    }
  }

  /** A read that was overtaken by a write of ours is answered, but not kept as the newest. */
  function keep(read: View): View {
    if (view === null || read.snapshot.generation >= view.snapshot.generation) view = read;
    return read;
  }

  async function writeTogether(waiting: readonly Waiting[], signal: AbortSignal | undefined): Promise<void> {
    const doubtful: string[] = [];
    let lost: unknown;
    const changes = waiting.map(({ change }) => change);
    let fresh = view === null;
    let current = view ?? (await refresh(signal));
    if (await isBehind(current)) {
      current = await refresh(signal);
      fresh = true;
    }
    for (let attempt = 1; attempt <= (options.attempts ?? 40); attempt += 1) {
      const prepared = prepare(changes, current.snapshot, current.tip);
      if (prepared.edits.size === 0) {
        // Nothing to write is only true of the newest state.
        if (fresh || prepared.accepted.length === 0) return settle(waiting, prepared, current.snapshot);
      } else {
        const outcome = await write(prepared, current, signal);
        if (outcome.kind === "written") return settle(waiting, prepared, await adopt(outcome.tip));
        if (outcome.commit !== undefined) doubtful.push(outcome.commit);
        lost = outcome.cause;
        signal?.throwIfAborted();
        await options.clock.sleep(backOff(attempt, options.random()), signal);
      }
      current = await (doubtful.length === 0 ? refresh(signal) : refreshPatiently(signal));
      fresh = true;
      if (await landed(current.tip, doubtful, signal)) return settle(waiting, prepared, current.snapshot);
    }
    throw busy(options.attempts ?? 40, lost);
  }

  /** Others on this machine have seen more: what we know may be all that is left of a branch that was rewound. */
  async function isBehind({ tip }: View): Promise<boolean> {
    const remembered = await memory.recall();
    return remembered !== null && remembered.seen.generation > (tip?.generation ?? 0);
  }

  function write(prepared: Prepared, current: View, signal: AbortSignal | undefined) {
    const lost = prepared.accepted.find(({ goesOn }) => goesOn !== undefined)?.goesOn;
    const generation = Math.max(current.snapshot.generation, lost?.after ?? 0) + 1;
    const stateId = current.tip === null ? (lost?.stateId ?? proposedId) : current.snapshot.stateId;
    const edits = new Map<string, NewFile | null>(prepared.edits);
    const known: Format = current.snapshot.format ?? { version: formatVersion, stateId };
    const bound = options.identity === undefined ? known : { ...known, ...boundBy(known, options.identity) };
    if (current.tip === null || !isSameJson(bound, known))
      edits.set("format", { mode: "100644", content: Buffer.from(encode(format, bound, "format")) });
    if (options.derive !== undefined) {
      const drawn = options.derive({
        commit: current.snapshot.commit,
        generation,
        stateId,
        services: prepared.services,
        gone: prepared.gone,
      });
      for (const [path, file] of derivedEdits(drawn, current.tip)) edits.set(path, file);
    }
    const happenings = prepared.accepted.map(({ message }) => message);
    const message = messageOf(happenings, { generation, nonce: options.newId() });
    return branch.write({ parent: current.tip, edits, message, generation }, signal);
  }

  async function adopt(tip: Tip): Promise<Snapshot> {
    // Written is written: reading it back must not be stopped half-way.
    const snapshot = await cache.read(tip);
    // What cannot be remembered weakens a later check; it does not unsay what was written.
    await memory
      .remember({ commit: tip.commit, generation: tip.generation, stateId: snapshot.stateId })
      .catch(() => {});
    return keep({ tip, snapshot }).snapshot;
  }

  async function landed(tip: Tip | null, doubtful: readonly string[], signal?: AbortSignal): Promise<boolean> {
    if (tip === null) return false;
    for (const commit of doubtful) if (await branch.includes(tip, commit, signal)) return true;
    return false;
  }
}

function settle(waiting: readonly Waiting[], prepared: Prepared, snapshot: Snapshot): void {
  for (const { change, resolve, reject } of waiting) {
    const conflict = prepared.conflicts.get(change);
    if (conflict === undefined) resolve(snapshot);
    else reject(conflict);
  }
}

function seenIn(view: View | null): Remembered | null {
  if (view?.tip === undefined || view.tip === null) return null;
  const { commit, generation } = view.tip;
  return { seen: { commit, generation, stateId: view.snapshot.stateId }, where: "the memory of this process: end it" };
}
