import type { ObservedInstance } from "../backends/backend.ts";
import { policyFor } from "../config/settings.ts";
import { unlessAborted } from "../lib/interruption.ts";
import { isSameJson } from "../lib/same.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import { isOver, isToHandOver, pauseFor, refresh } from "./between-passes.ts";
import type { Run } from "./between-passes.ts";
import { carryOut } from "./carry-out.ts";
import { happeningOf } from "./commit-message.ts";
import { decide } from "./decide.ts";
import type { Decision, ServiceState } from "./decide.ts";
import { othersOf } from "./decide/others.ts";
import { isEnd } from "./ends.ts";
import { expectReplicas, stillToStart } from "./expected.ts";
import { giveBack, recordLeft } from "./give-back.ts";
import { holdOf, writeRecord } from "./hold.ts";
import type { Hold, Holder, NextRecord } from "./hold.ts";
import { type Haste, hurryOf } from "./hurry.ts";
import { guardOf } from "./limits.ts";
import { look } from "./look.ts";
import { mustWrite } from "./must-write.ts";
import type { Observed, Outcome } from "./observed.ts";
import { isSuperseded } from "./own-target.ts";
import type { OwnTarget } from "./own-target.ts";
import { looked, noLooks, pauseAfter } from "./pace.ts";
import type { Session } from "./session.ts";
import { tell } from "./tell.ts";
import { createQueue } from "./wait-for-lease.ts";
import type { Queue } from "./wait-for-lease.ts";

/** How far a service came in this process, and what is recorded of it then. */
export interface ServiceOutcome {
  readonly name: string;
  readonly state: ServiceState | "lease-held" | "superseded";
  /** Of a state that is older than what runs: the instances that it does not know. */
  readonly strangers?: readonly ObservedInstance[];
  readonly record: ServiceRecord | null;
  readonly heldBy: Holder | null;
  /** Whether this process wrote anything of it: without, what it found was so before. */
  readonly touched: boolean;
}

export interface SettleOptions extends Haste {
  /** Ends the passes after the one under way; what was begun is left to the next run of any kind. */
  readonly signal: AbortSignal;
  /** Ends calls under way too: what comes of them is seen by the next run. */
  readonly abort: AbortSignal;
  /** Ends even the giving back of the lease. Absent: nothing does before its time. */
  readonly leave?: AbortSignal;
  /** Milliseconds since the epoch; passes end here even if the service has not settled. */
  readonly deadline: number;
  /** How long to wait for somebody else's lease, in milliseconds. */
  readonly waitForLease: number;
  /** What the run itself accepted, by service: it gives up where somebody accepts anything newer. Absent: it stands for whatever is recorded. */
  readonly own?: ReadonlyMap<string, OwnTarget>;
  /** How many lost or ill replicas may be given up within the hour, whatever the policy says. */
  readonly consent?: number | "all";
  /** Told after every pass what was decided on which evidence: for live tables. */
  readonly onPass?: (name: string, decision: Decision, observed: Observed) => void;
}

/** Pass after pass (observe, decide, write ahead, publish, execute) until the service has come to an end of its own, or time is up. */
export async function settleService(
  name: string,
  snapshot: Snapshot,
  session: Session,
  options: SettleOptions,
): Promise<ServiceOutcome> {
  const run = { name, session, options, ...session.attention(name) };
  try {
    return await unlessAborted(passes(run, snapshot), options.abort);
  } catch (error) {
    if (!options.abort.aborted) throw error;
    const record = await recordLeft(run, snapshot);
    return { name, state: "working", record, heldBy: null, touched: true };
  } finally {
    session.dismiss(name);
    await expectReplicas(session.world, name, 0);
  }
}

interface SettleRun extends Run {
  readonly options: SettleOptions;
}

async function passes(run: SettleRun, snapshot: Snapshot): Promise<ServiceOutcome> {
  const { name, session, options } = run;
  const { world } = session;
  const own = options.own?.get(name);
  const queue = queueFor(run, own);
  let hold = holdOf(name, snapshot, session);
  let record = hold.stored;
  let outcomes: ReadonlyMap<string, Outcome> = new Map();
  let touched = false;
  let looks = noLooks;
  const goOnWith = (next: Hold): void => {
    hold = next;
    record = next.stored;
  };
  const end = (state: ServiceOutcome["state"], left: ServiceRecord | null, more: Partial<ServiceOutcome> = {}) => ({
    name,
    state,
    record: left,
    heldBy: null,
    touched,
    ...more,
  });
  while (record !== null) {
    const superseded = isSuperseded(own, record) || isToHandOver(hold, name);
    if (superseded || isOver(run)) {
      await giveBack(run, hold, record);
      return end(superseded ? "superseded" : "working", record);
    }
    // What is seen is as old as the look: what came to pass while it took is not absent, it was not looked for.
    const now = world.clock.now();
    const sight = await look(run, { hold, record, outcomes });
    if (sight.kind === "newer") {
      goOnWith(sight.hold);
      continue;
    }
    const { observed } = sight;
    const { snapshot: known } = hold;
    const scene = { policy: policyFor(session.policy, name), now, consent: options.consent };
    const decision = decide(record, { ...scene, observed, others: () => othersOf(known, name, now) });
    outcomes = new Map();
    if (decision.state === "state-older") {
      // A process that stays finds it again and again.
      if (session.isNews(name, decision.notes)) tell(name, decision, world);
      await giveBack(run, hold, record);
      return end("state-older", record, { strangers: observed.strangers ?? [] });
    }
    const decided = hold;
    if (mustWrite(hold, decision, session)) {
      const guard = guardOf({ before: record, after: decision.record }, scene);
      const written = await writeRecord(hold, nextOf(run, decision, guard), session, options.abort);
      if (written.kind !== "written") {
        const newest = await (written.kind === "held" ? queue.wait(written.by) : world.store.load(options.abort));
        if (newest === null && written.kind === "held") return end("lease-held", record, { heldBy: written.by });
        goOnWith(holdOf(name, newest ?? hold.snapshot, session));
        continue;
      }
      hold = written.hold;
      touched = true;
      queue.left();
    }
    tell(name, decision, world);
    options.onPass?.(name, decision, observed);
    await session.publish(hold.snapshot, options.abort);
    if (decision.record === null) return end("removed", null);
    const carried = await carryOut(decision.actions, { hold, record: decision.record, observed }, run);
    if (carried.kind === "fenced") {
      goOnWith(carried.hold);
      continue;
    }
    ({ outcomes } = carried);
    // What was written goes on as it is stored, so that the next pass compares it with itself.
    record = hold === decided ? decision.record : hold.stored;
    await expectReplicas(world, name, stillToStart(decision.record));
    if (isEnd(decision)) {
      await giveBack(run, hold, decision.record);
      return end(decision.state, decision.record);
    }
    // What was written may be acted on further at once; otherwise something has to happen first.
    looks = looked(looks, decision);
    if (isSameJson(hold.stored, decided.stored)) await pauseFor(run, pauseAfter(decision, looks.idle, world));
    ({ hold, record } = await refresh(run, hold, record));
  }
  return end(isSuperseded(own, null) ? "superseded" : "removed", null);
}

function queueFor(run: SettleRun, own: OwnTarget | undefined): Queue {
  const { name, session, options } = run;
  return createQueue({
    name,
    session,
    own,
    longest: options.waitForLease,
    pause: (ms) => pauseFor(run, ms),
    isOver: () => isOver(run),
    abort: options.abort,
  });
}

/** What a pass writes before anything is done. */
function nextOf({ name, options }: SettleRun, decision: Decision, guard: NextRecord["guard"]): NextRecord {
  const last = isEnd(decision);
  return {
    name,
    record: decision.record,
    ended: decision.ended,
    happening: happeningOf(name, decision),
    last,
    guard,
    hurry: hurryOf(name, options, last),
  };
}
