/** The only source of time. Real in the program, simulated in rehearsals, simulations and tests. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Milliseconds that only grow, from any beginning, whatever the machine's clock is set to. Absent: `now` is never set. */
  monotonic?(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal?.addEventListener("abort", done, { once: true });
    });
  },
};

/**
 * The time by a clock that is never set back: what somebody may do until a moment must not last longer because the
 * machine's clock was. One that is set forward, or goes on while the machine sleeps, is followed. Milliseconds since the epoch.
 */
export function forwardTime(clock: Clock): () => number {
  let ahead = Number.NEGATIVE_INFINITY;
  return () => {
    const elapsed = clock.monotonic?.() ?? clock.now();
    ahead = Math.max(ahead, clock.now() - elapsed);
    return ahead + elapsed;
  };
}
