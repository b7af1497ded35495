import type { Policy } from "../config/settings.ts";

/**
 * Services in the order in which one commit changes them: each wave once the one before has settled. What no wave names
 * comes last, together. Waves of which nothing is there are left out.
 */
export function inWaves<T extends { readonly name: string }>(
  services: readonly T[],
  waves: Policy["waves"],
): readonly (readonly T[])[] {
  const named = new Set(waves.flat());
  const parts = waves.map((wave) => services.filter(({ name }) => wave.includes(name)));
  return [...parts, services.filter(({ name }) => !named.has(name))].filter((wave) => wave.length > 0);
}

/** How far a service is that this order of changes has begun. */
export type Progress = "settled" | "working" | "failed";

/** Which of the changes come next: those of the first wave that has any, once what was changed in the waves before it has settled. */
export type NextWave<T> =
  | { readonly kind: "begin"; readonly services: readonly T[] }
  | { readonly kind: "wait" }
  | { readonly kind: "stopped"; readonly by: readonly string[]; readonly left: readonly string[] };

interface Order {
  readonly waves: Policy["waves"];
  /** Of what was changed before; `null`: it was not. */
  readonly progress: (name: string) => Progress | null;
}

/** The next step of an order that is followed without a memory but for what it has begun. `services`: those that stay, whether they change or not. */
export function nextWave<T extends { readonly name: string; readonly action: string }>(
  services: readonly T[],
  { waves, progress }: Order,
): NextWave<T> {
  const ordered = inWaves(services, waves).map((wave) => ({
    wave,
    changes: wave.filter(({ action }) => action !== "none"),
  }));
  const index = ordered.findIndex(({ changes }) => changes.length > 0);
  const namesOf = (count: number): readonly string[] =>
    ordered.slice(0, Math.max(0, count)).flatMap(({ wave }) => wave.map(({ name }) => name));
  // One that failed would be tried again by whoever is asked once more, and then again.
  const by = namesOf(index + 1).filter((name) => progress(name) === "failed");
  const left = ordered.flatMap(({ changes }) => changes.map(({ name }) => name)).filter((name) => !by.includes(name));
  if (by.length > 0) return { kind: "stopped", by, left };
  const before = namesOf(index);
  if (before.some((name) => progress(name) === "working")) return { kind: "wait" };
  return { kind: "begin", services: ordered[index]?.changes ?? [] };
}
