import { isSameJson } from "../lib/same.ts";
import type { Change } from "./store.ts";

/** Pushes that a forge is asked for: at most so many in so many milliseconds by one process, the last ones kept for calls. */
export const forgePace = { most: 6, kept: 2, window: 60_000 } as const;

/** Milliseconds until the changes may be pushed together, after the pushes so far; 0: now. */
export function holdBack(changes: readonly Change[], pushes: readonly number[], now: number): number {
  const { most, kept, window } = forgePace;
  if (changes.length === 0 || changes.some(({ hurry }) => hurry?.aborted === true)) return 0;
  // Of a clock that was set back nothing is known but that the pushes are not yet to be.
  const known = pushes.filter((at) => at <= now);
  const last = known.at(changes.some(isAboutCalls) ? -most : kept - most);
  return last === undefined ? 0 : Math.max(0, last + window - now);
}

/** Pushes that still count. */
export function recentPushes(pushes: readonly number[], now: number): readonly number[] {
  return pushes.filter((at) => at > now - forgePace.window);
}

/** Whether a change announces calls to providers, or settles some: what waits for it costs money, or serves. */
export function isAboutCalls({ services, basis }: Change): boolean {
  return services.some(
    ({ name, intents }) => intents !== undefined && !isSameJson(intents, basis.services.get(name)?.intents ?? []),
  );
}
