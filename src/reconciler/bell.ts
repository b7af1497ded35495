import type { Clock } from "../lib/clock.ts";

/** Wakes a loop early: a ring that nobody waits for is heard by the next wait. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves with the next ring, after `ms`, or when the signal aborts. */
  wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let waiting: AbortController | null = null;
  // A reason of its own, or an error with its stack is made each time.
  const wakeUp = (): void => waiting?.abort("rung");
  return {
    ring() {
      rung = true;
      wakeUp();
    },
    async wait(ms, clock, signal) {
      if (!rung && !signal.aborted) {
        waiting = new AbortController();
        signal.addEventListener("abort", wakeUp, { once: true });
        await clock.sleep(ms, waiting.signal);
        signal.removeEventListener("abort", wakeUp);
        waiting = null;
      }
      rung = false;
    },
  };
}
