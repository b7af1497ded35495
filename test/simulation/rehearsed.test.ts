import { describe, expect, it } from "vitest";

import { defaultPolicy } from "../../src/config/settings.ts";
import { createCalmStage } from "./calm.ts";
import type { CalmSetting } from "./calm.ts";
import { between, pick, seeded } from "./random.ts";
import type { Random } from "./random.ts";

/** What a drawn service file says. */
interface Drawn {
  readonly revision: number;
  readonly replicas: number;
  readonly most: number | null;
  readonly readyAfter: number;
  readonly probes: 0 | 1 | 2;
  readonly stripPrefix: boolean;
  /** It has a limit on how long its GPUs may idle, and nobody has measured them yet. */
  readonly limited: boolean;
}

/** One plan: what its rehearsal said, and what became of it, each with the file that it was made of. */
interface Pair {
  readonly rehearsed: readonly unknown[];
  readonly happened: readonly unknown[];
}

describe("a plan's rehearsal", () => {
  it.each(Array.from({ length: 8 }, (_, index) => index * 5))(
    "is, event for event, what becomes of the plan without faults: seeds %i and the four after it",
    async (from) => {
      for (let seed = from; seed < from + 5; seed += 1) {
        const pairs = await playThrough(seed);
        expect(pairs.map(({ rehearsed }) => rehearsed)).toEqual(pairs.map(({ happened }) => happened));
      }
    },
  );
});

/** A service is made, edited and destroyed, each time after it has settled. */
async function playThrough(seed: number): Promise<readonly Pair[]> {
  const random = seeded(seed);
  const { assumed, ...setting } = drawSetting(random);
  const stage = createCalmStage(setting);
  let drawn: Drawn = {
    revision: 0,
    replicas: between(random, 1, 4),
    most: null,
    readyAfter: 1,
    probes: 1,
    stripPrefix: true,
    limited: seed % 2 === 1,
  };
  const steps = between(random, 3, 6);
  const pairs: Pair[] = [];
  let known = assumed;
  for (let step = 0; step <= steps; step += 1) {
    const text = step === steps ? null : serviceFile(drawn);
    const { planned, timeline, outcome, record } = await stage.apply(text);
    const told = (events: typeof timeline) => (known ? events : events.map((event) => ({ ...event, at: null })));
    // What waits for an instance that nobody has waits for as long as the process attends to it.
    const end = outcome?.state === "working" ? "waiting" : outcome?.state;
    const about = `seed ${seed}, step ${step}: ${planned.action} ${text ?? ""}`;
    if (planned.action !== "none")
      pairs.push({
        rehearsed: [about, ...told(planned.rehearsal?.timeline ?? []), planned.rehearsal?.end],
        happened: [about, ...told(timeline), end],
      });
    if (end !== "settled" && end !== "unproven") break;
    known ||= (record?.starts ?? []).length > 0;
    drawn = drawEdit(random, { ...drawn, revision: step + 1 });
  }
  return pairs;
}

/** Either with the times that are assumed where nothing is recorded, or with others. */
function drawSetting(random: Random): CalmSetting & { readonly assumed: boolean } {
  const [backend, run, answer, assumed] = pick(random, [
    ["local", 1_000, 4_000, true],
    ["cloud", 120_000, 60_000, true],
    ["cloud", 41_300, 12_700, false],
  ] as const);
  const { rollout } = defaultPolicy;
  return {
    backend,
    times: { run, answer, end: 1_000 },
    dedupes: random() < 0.7,
    capacity: random() < 0.5 ? Infinity : between(random, 4, 6),
    assumed,
    policy: {
      ...defaultPolicy,
      rollout: { ...rollout, bake: pick(random, [null, 0, 7]) },
      // Of the five replicas that a file asks for at most, and of one more.
      budget: { hourly: pick(random, [null, null, 2.5, 3]), monthly: null },
    },
  };
}

function drawEdit(random: Random, last: Drawn): Drawn {
  const edits: readonly (() => Drawn)[] = [
    () => last,
    () => ({ ...last, replicas: between(random, 0, 5), revision: last.revision - 1 }),
    () => ({ ...last, replicas: between(random, 1, 5) }),
    () => ({ ...last, stripPrefix: !last.stripPrefix }),
    () => ({ ...last, readyAfter: between(random, 1, 4) }),
    () => ({ ...last, probes: pick(random, [0, 1, 2] as const) }),
    () => ({ ...last, most: random() < 0.5 ? null : last.replicas + 2 }),
  ];
  return pick(random, edits)();
}

function serviceFile({ revision, replicas, most, readyAfter, probes, stripPrefix, limited }: Drawn): string {
  const shown = [
    `{ type: http, url: /a, interval: 2s, ready_after: ${readyAfter} }`,
    `{ type: http, url: /b, interval: 5s, until_ready: true }`,
  ].slice(0, probes);
  return `type: service
name: web
auth: false
replicas: ${replicas}${most === null ? "" : `..${Math.max(most, replicas + 1)}`}
strip_prefix: ${stripPrefix}
env: [REVISION=${revision}]
commands: [serve]
port: 8000
probes: [${shown.join(", ")}]
${most === null ? "" : "scaling: { metric: rps, target: 1 }"}
${limited ? "utilization_policy: { min_gpu_utilization: 10, time_window: 5m }" : ""}
`;
}
