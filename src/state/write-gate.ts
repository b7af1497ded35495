import type { Clock } from "../lib/clock.ts";
import type { WriteOutcome } from "./branch.ts";
import { afterRace, afterWrite, restBefore } from "./other-machines.ts";
import type { LatelyFile } from "./other-machines.ts";
import { holdBack, recentPushes } from "./push-pace.ts";
import type { Change } from "./store.ts";
import { noTurns } from "./turn-queue.ts";
import type { Turn, Turns } from "./turn-queue.ts";

/** Changes that wait for their turn. */
export interface WaitingLine {
  changes(): readonly Change[];
  /** Aborts when one comes or goes. */
  stirred(): AbortSignal;
  /** Aborts when none waits any more. */
  readonly over: AbortSignal;
}

/** What a process passes before it writes: the pace that a forge is asked to bear, then its turn among others of this machine. */
export interface WriteGate {
  enter(line: WaitingLine): Promise<void>;
  /** Once the write has ended, whichever way. */
  leave(): Promise<void>;
  /** Before a write that lost a race is tried again: nobody waits for us while we wait. */
  enterAgain(line: WaitingLine): Promise<void>;
  /** Counts a push. */
  pushed(): void;
  /** How it ended, and how long it took, in milliseconds. */
  ended(kind: WriteOutcome["kind"], took: number): Promise<void>;
}

export interface GateOptions {
  readonly clock: Clock;
  readonly turns?: Turns | undefined;
  /** Whether pushes are paced: towards a forge, but neither a path nor this machine. */
  readonly paced?: boolean | undefined;
  /** What this machine did lately, so that others have their turn as well. */
  readonly lately?: LatelyFile | undefined;
  /** In [0, 1). */
  readonly random?: () => number;
}

export function writeGate(options: GateOptions): WriteGate {
  const { clock, turns = noTurns, paced = false, lately, random = () => 0.5 } = options;
  let rested = false;
  let pushes: readonly number[] = [];
  let turn: Turn | null = null;
  return {
    async enter(line) {
      await pace(line);
      turn = await turns.take(line.over);
      await rest(line);
    },
    leave,
    async enterAgain(line) {
      if (delayOf(line) === 0) return;
      await leave();
      await pace(line);
      turn = await turns.take(line.over);
    },
    pushed() {
      pushes = [...recentPushes(pushes, clock.now()), clock.now()];
    },
    async ended(kind, took) {
      if (lately === undefined || kind === "doubtful") return;
      const before = await lately.read();
      const now = clock.now();
      await lately.write(kind === "moved" ? afterRace(before, now) : afterWrite(before, { took, now, rested }));
    },
  };

  async function leave(): Promise<void> {
    const ours = turn;
    turn = null;
    await ours?.end();
  }

  async function rest(line: WaitingLine): Promise<void> {
    const ms = lately === undefined ? 0 : restBefore(await lately.read(), clock.now(), random());
    rested = ms > 0;
    if (rested) await clock.sleep(ms, AbortSignal.any([line.over, ...hurriesOf(line)]));
  }

  function hurriesOf(line: WaitingLine): readonly AbortSignal[] {
    return line.changes().flatMap(({ hurry }) => hurry ?? []);
  }

  function delayOf(line: WaitingLine): number {
    return paced ? holdBack(line.changes(), pushes, clock.now()) : 0;
  }

  async function pace(line: WaitingLine): Promise<void> {
    for (let delay = delayOf(line); delay > 0 && !line.over.aborted; delay = delayOf(line)) {
      await clock.sleep(delay, AbortSignal.any([line.stirred(), line.over, ...hurriesOf(line)]));
    }
  }
}
