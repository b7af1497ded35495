/** Counts what is under way, and tells who waits for it the moment nothing is. */
export interface InFlight {
  count(): number;
  /** Counts one more. The function it returns ends that one; calling it again does nothing. */
  begin(): () => void;
  /** Resolves with true once nothing is under way, with false after `timeoutMs` or when the signal aborts. */
  idle(timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** A counter at zero. `onIdle` is called each time it comes back there. */
export function createInFlight(onIdle: () => void = () => {}): InFlight {
  let count = 0;
  const waiting = new Set<(idle: boolean) => void>();

  const end = (): void => {
    count -= 1;
    if (count > 0) return;
    for (const answer of waiting) answer(true);
    onIdle();
  };

  const begin = (): (() => void) => {
    count += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      end();
    };
  };

  const idle = (timeoutMs: number, signal?: AbortSignal): Promise<boolean> => {
    if (count === 0) return Promise.resolve(true);
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const answer = (result: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        waiting.delete(answer);
        resolve(result);
      };
      const onAbort = (): void => answer(false);
      // Timers hold 31 bits; a longer wait than 24 days is that long.
      const timer = setTimeout(() => answer(count === 0), Math.min(Math.max(0, timeoutMs), 2 ** 31 - 1));
      signal?.addEventListener("abort", onAbort, { once: true });
      waiting.add(answer);
    });
  };

  return { count: () => count, begin, idle };
}
