import type { FileEntry } from "../config/files.ts";
import { isPassing } from "../git/git-error.ts";
import type { Clock } from "../lib/clock.ts";
import { createBatches } from "./batches.ts";
import type { Batch, Waiting } from "./batches.ts";
import type { Branch, Tip } from "./branch.ts";
import { refuseForeign } from "./identity.ts";
import type { Identity } from "./identity.ts";
import { readKeptContent } from "./kept-content.ts";
import { offerLastGood } from "./last-good.ts";
import { admit, noMemory } from "./memory-of-branch.ts";
import type { BranchMemory, Remembered } from "./memory-of-branch.ts";
import { nextCommit } from "./next-commit.ts";
import type { Derive } from "./next-commit.ts";
import { prepareSound } from "./prepare-sound.ts";
import type { Prepared } from "./prepare.ts";
import { createPartCache } from "./read-tip.ts";
import { busy, doubt, isHopeless, missingContent, pauseAfterFailure, pauseAfterRace } from "./store-errors.ts";
import type { Snapshot, StateStore } from "./store.ts";
import { writeGate } from "./write-gate.ts";
import type { GateOptions } from "./write-gate.ts";

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
  /** Whose turn it is among the processes of this machine, and at what pace the branch may be written to; default: always, at any. */
  readonly gate?: Omit<GateOptions, "clock">;
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
  const { clock } = options;
  const gate = writeGate({ random: options.random, ...options.gate, clock });
  const batches = createBatches({ gate, write: writeTogether });

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
    const read = await viewOf(tip, remembered, signal);
    await memory.remember({ commit: tip.commit, generation: tip.generation, stateId: read.snapshot.stateId });
    return keep(read);
  }

  /** A tip with what it says, unless it is less than was seen before, or another repository's. */
  async function viewOf(tip: Tip, remembered: readonly (Remembered | null)[], signal?: AbortSignal): Promise<View> {
    const snapshot = await cache.read(tip, signal).catch((error: unknown) => offerLastGood(error, branch, tip));
    for (const known of remembered) admit(known, tip, snapshot.stateId);
    if (options.identity !== undefined) await refuseForeign(snapshot.format ?? {}, options.identity);
    return { tip, snapshot };
  }

  /** The newest state, and whether one of the writes whose answer was lost is part of it: whoever waits for it learns more from another look than from an error. */
  async function lookAgain(
    doubtful: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly current: View; readonly found: boolean }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const current = await refresh(signal);
        return { current, found: await landed(current.tip, doubtful, signal) };
      } catch (cause) {
        if (doubtful.length === 0 || !isPassing(cause)) throw cause;
        if (attempt === 6 || signal?.aborted === true) throw doubt(cause);
        await clock.sleep(pauseAfterFailure(cause, attempt + 3, options.random()), signal);
      }
    }
  }

  /** A read that was overtaken by a write of ours is answered, but not kept as the newest. */
  function keep(read: View): View {
    if (view === null || read.snapshot.generation >= view.snapshot.generation) view = read;
    return read;
  }

  async function writeTogether({ waiting, signal, line }: Batch): Promise<void> {
    const doubtful: string[] = [];
    const begun = clock.now();
    let sound = waiting;
    let { current, fresh } = await newestKnown(signal);
    for (let attempt = 1; ; attempt += 1) {
      const started = clock.now();
      const tried = prepareSound(sound, current);
      const { prepared } = tried;
      ({ sound } = tried);
      if (prepared.edits.size === 0) {
        // Nothing to write is only true of the newest state.
        if (fresh || prepared.accepted.length === 0) return settle(sound, prepared, current.snapshot);
      } else {
        gate.pushed();
        const outcome = await branch.write(nextCommit(prepared, current, options), signal);
        await gate.ended(outcome.kind, clock.now() - started);
        if (outcome.kind === "written") return settle(sound, prepared, await adopt(outcome.tip));
        if (outcome.commit !== undefined) doubtful.push(outcome.commit);
        signal?.throwIfAborted();
        if (isHopeless(outcome, attempt, clock.now() - begun)) throw busy(attempt, outcome.cause);
        await clock.sleep(
          pauseAfterRace(outcome, { attempt, took: clock.now() - started, random: options.random() }),
          signal,
        );
        await gate.enterAgain(line);
      }
      const looked = await lookAgain(doubtful, signal);
      if (looked.found) return settle(sound, prepared, looked.current.snapshot);
      ({ current } = looked);
      fresh = true;
    }
  }

  /** What a write is put on at first: what this process knows, or what another one of this machine saw since. */
  async function newestKnown(signal?: AbortSignal): Promise<{ readonly current: View; readonly fresh: boolean }> {
    if (view === null) return { current: await refresh(signal), fresh: true };
    const remembered = await memory.recall();
    if (remembered === null || remembered.seen.generation <= (view.tip?.generation ?? 0))
      return { current: view, fresh: false };
    const tip = (await branch.at?.(remembered.seen.commit, signal)) ?? null;
    // Not known here, or all that is left of a branch that was rewound.
    if (tip === null || tip.generation !== remembered.seen.generation)
      return { current: await refresh(signal), fresh: true };
    return { current: keep(await viewOf(tip, [seenIn(view), remembered], signal)), fresh: false };
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
