/** How a command ends that is interrupted: a cancelled workflow gets 7.5 s, and is killed 2.5 s later. */

/** Milliseconds after the interruption: when calls under way are given up, when giving back leases is, and when nothing is waited for. */
export const interruption = { calls: 4_500, leases: 6_500, everything: 7_000 } as const;

/** Milliseconds in which a second interruption is taken for the same keystroke reaching two processes. */
const echo = 150;

/** How long what still hangs may take once the command has ended, in milliseconds. */
const hanging = 100;

/** What this process is told from outside, as a signal for its command; `ended` is to be called with the command's exit code. */
export interface Interruptions {
  readonly signal: AbortSignal;
  readonly ended: (exitCode: number) => void;
}

/** Listens for interruptions of this process. The first lets the command end orderly; whoever insists is obeyed at once: the journal knows what was under way. */
export function listenForInterruptions(process: NodeJS.Process): Interruptions {
  const interrupted = new AbortController();
  let first = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const now = performance.now();
      if (interrupted.signal.aborted && now - first > echo) process.exit(130);
      first = interrupted.signal.aborted ? first : now;
      interrupted.abort();
    });
  }
  return {
    signal: interrupted.signal,
    ended(exitCode) {
      process.exitCode = exitCode;
      // A call that was given up may hold the process.
      if (interrupted.signal.aborted) setTimeout(() => process.exit(exitCode), hanging).unref();
    },
  };
}

/** A signal that aborts so long after another one; `cancel` stops the waiting. */
export function delayed(
  signal: AbortSignal,
  ms: number,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => void (timer = setTimeout(() => later.abort(), ms));
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return {
    signal: later.signal,
    cancel() {
      signal.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}

/** The result, unless the signal aborts before: then what is still under way is left to itself. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(new Error("interrupted"));
    const forget = (): void => signal.removeEventListener("abort", give);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).then(forget, forget);
  });
}
