import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";
import type { Revision } from "./revision.ts";
import { calmRun } from "./run.ts";
import type { Death, Scenario, Step } from "./scenario.ts";

type Steps = Scenario["steps"];

/** The steps with a limit on how long some services may idle, and with time for them to. What is drawn decides nothing else. */
export function withIdleLimits(steps: Steps, services: readonly string[], random: Random): Steps {
  const limits = new Map(services.map((service) => [service, drawSpan(random)]));
  const limited = steps.map(({ after, step }) => ({ after, step: withLimits(step, limits) }));
  const files = limited.flatMap(({ step }) => (step.kind === "apply" ? [step] : []));
  const newest = files.toSorted((a, b) => a.commit - b.commit).at(-1);
  if (newest === undefined || newest.files.every(({ mayIdle }) => mayIdle) || random() < 0.3) return limited;
  return [...limited, ...whileIdle(random, newest)];
}

/** From which commit on, and until which. */
interface Commits {
  readonly from: number;
  readonly until: number;
}

/** Some have a limit from some commit on, and a few lose it again. */
function drawSpan(random: Random): Commits {
  const from = random() < 0.4 ? between(random, 0, 1) : Infinity;
  return { from, until: random() < 0.15 ? from + between(random, 1, 3) : Infinity };
}

function withLimits(step: Step, limits: ReadonlyMap<string, Commits>): Step {
  if (step.kind !== "apply") return step;
  const isLimited = ({ service }: Revision): boolean => {
    const { from = Infinity, until = Infinity } = limits.get(service) ?? {};
    return step.commit >= from && step.commit < until;
  };
  return { ...step, files: step.files.map((revision) => ({ ...revision, mayIdle: !isLimited(revision) })) };
}

/** Nobody looks for as long as a service may idle; then something happens to it, and somebody looks. */
function whileIdle(random: Random, newest: Extract<Step, { readonly kind: "apply" }>): Steps {
  const after = between(random, 310_000, 420_000);
  const tick = { kind: "tick", run: calmRun } as const;
  const dies = {
    kind: "instance-dies",
    how: pick<Death>(random, ["exits", "preempted"]),
    which: between(random, 0, 5),
  } as const;
  const files = newest.files.map((each) => ({ ...each, replicas: Math.max(1, each.replicas - 1) }));
  const fewer = { kind: "apply", commit: newest.commit + 1, files, run: calmRun } as const;
  if (random() < 0.6)
    return [
      { after, step: dies },
      { after: between(random, 0, 60), step: tick },
    ];
  return pick<Steps>(random, [
    [{ after, step: tick }],
    [
      { after, step: fewer },
      { after: between(random, 5_000, 60_000), step: tick },
    ],
  ]);
}
