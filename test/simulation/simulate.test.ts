import { describe, expect, it } from "vitest";

import { simulate } from "./simulate.ts";

describe("the program under seeded faults, on simulated time", () => {
  it.each(Array.from({ length: 8 }, (_, index) => 1 + index * 10))("seeds %i and the nine after it", async (from) => {
    for (let seed = from; seed < from + 10; seed += 1) {
      const { broken, timeline } = await simulate(seed);
      expect(broken, `seed ${seed}\n${timeline.join("\n")}`).toBeNull();
    }
  });

  it("is the same for the same seed", async () => {
    expect(await simulate(7)).toEqual(await simulate(7));
  });
});
