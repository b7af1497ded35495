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
