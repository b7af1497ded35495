/** How long a service's writes may wait for the pace of pushes that a forge is asked to bear. */
export interface Haste {
  /** Ends the passes. */
  readonly signal: AbortSignal;
  /** Once it aborts, no write waits; default: `signal`. */
  readonly hurry?: AbortSignal;
  /** Told of services whose passes end with their next write: aborts once nothing else keeps the process. */
  readonly ending?: (name: string) => AbortSignal;
}

/** When a service's next write waits no longer. */
export function hurryOf(name: string, haste: Haste, isEnd: boolean): AbortSignal {
  const { signal, hurry = signal, ending } = haste;
  return isEnd && ending !== undefined ? AbortSignal.any([hurry, ending(name)]) : hurry;
}

/** Of services that are worked on until all have settled: what the last one writes waits for nothing. */
export function lastOf(names: readonly string[]): (name: string) => AbortSignal {
  const left = new Set(names);
  const alone = new AbortController();
  return (name) => {
    left.delete(name);
    if (left.size === 0) alone.abort();
    return alone.signal;
  };
}
