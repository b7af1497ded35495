import { decide } from "../src/reconciler/decide.ts";
import type { Observed } from "../src/reconciler/observed.ts";
import type { ServiceRecord } from "../src/state/record.ts";
import { accepted, allWell, now, policy, serving, settled } from "../test/support/decisions.ts";
import type { Benches } from "./bench.ts";

const replicas = 10;

interface Case {
  readonly record: ServiceRecord;
  readonly observed: Observed;
}

/** Services in the middle of a rollout, each a value of its own. */
function services(count: number): readonly Case[] {
  return Array.from({ length: count }, () => {
    const bounds = { min: replicas, max: replicas };
    const record = accepted(settled({ replicas: bounds }), { commands: ["new"], replicas: bounds });
    const rolling = {
      ...record,
      replicas: Array.from({ length: replicas }, (_, num) => serving(num, num < 5 ? 0 : 1)),
    };
    return structuredClone({ record: rolling, observed: allWell(rolling) });
  });
}

function decideAll(cases: readonly Case[]): void {
  for (const { record, observed } of cases) decide(record, { observed, policy, now });
}

/** Deciding against copying what is decided on, and ten times as much against ten times the work. */
export const decideBench: Benches = async (use) => {
  const some = services(1_000);
  const many = services(10_000);
  await use([
    {
      about: `one decision for each of ${some.length} services with ${replicas} replicas against structuredClone of its input`,
      limit: 5,
      pairs: 9,
      ours: async () => decideAll(some),
      floor: async () => void structuredClone(some),
    },
    {
      about: `${many.length} decisions against ten times ${some.length}`,
      limit: 1.5,
      pairs: 5,
      ours: async () => decideAll(many),
      floor: async () => {
        for (let round = 0; round < 10; round += 1) decideAll(some);
      },
    },
  ]);
};
