import type { Clock } from "../lib/clock.ts";
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
}

export interface GateOptions {
  readonly clock: Clock;
  readonly turns?: Turns | undefined;
  /** Whether pushes are paced: towards a forge, but neither a path nor this machine. */
  readonly paced?: boolean | undefined;
}

export function writeGate({ clock, turns = noTurns, paced = false }: GateOptions): WriteGate {
  let pushes: readonly number[] = [];
  let turn: Turn | null = null;
  return {
    async enter(line) {
      await pace(line);
      turn = await turns.take(line.over);
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
  };

  async function leave(): Promise<void> {
    const ours = turn;
    turn = null;
    await ours?.end();
  }

  function delayOf(line: WaitingLine): number {
    return paced ? holdBack(line.changes(), pushes, clock.now()) : 0;
  }

  async function pace(line: WaitingLine): Promise<void> {
    for (let delay = delayOf(line); delay > 0 && !line.over.aborted; delay = delayOf(line)) {
      const hurried = line.changes().flatMap(({ hurry }) => hurry ?? []);
      await clock.sleep(delay, AbortSignal.any([line.stirred(), line.over, ...hurried]));
    }
  }
}
