/** How often a property is tried. `FC_RUNS=20` tries 20 times as often; `FC_SEED` repeats a run. */
export function runs(count: number): { readonly numRuns: number; readonly seed?: number } {
  const seed = process.env["FC_SEED"];
  return {
    numRuns: count * Number(process.env["FC_RUNS"] ?? 1),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
