import type { Behaviour } from "./cloud.ts";
import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";

/** What happens to the simulated world from outside, one thing after the other. */
export type Step =
  | { readonly kind: "apply"; readonly revision: Revision | null; readonly effects: number }
  | { readonly kind: "tick"; readonly effects: number }
  | { readonly kind: "instance-dies" }
  | { readonly kind: "trouble"; readonly seconds: number };

/** A service file; `null` in a step: the file is gone. */
export interface Revision {
  readonly number: number;
  readonly behaviour: Behaviour;
  readonly replicas: number;
  readonly readyAfter: number;
  readonly stripPrefix: boolean;
  readonly probes: boolean;
  /** Follows the load, from `replicas` on. */
  readonly scales: boolean;
}

export interface Scenario {
  readonly dedupes: boolean;
  /** The most that everything may cost, in $/hour; `null`: no limit. */
  readonly hourly: number | null;
  /** Each with the milliseconds that pass before it. */
  readonly steps: readonly { readonly after: number; readonly step: Step }[];
}

/** A scenario that a seed determines: mostly healthy revisions, some bad ones, processes that die, clouds that lie. */
export function drawScenario(random: Random): Scenario {
  const count = between(random, 4, 12);
  const steps: { after: number; step: Step }[] = [];
  let last: Revision | null = null;
  for (let index = 0; index < count; index += 1) {
    const step = drawStep(random, { index, last });
    if (step.kind === "apply" && step.revision !== null) last = step.revision;
    steps.push({
      after:
        index === 0
          ? 0
          : pick(random, [between(random, 0, 2_000), between(random, 0, 10_000), between(random, 10_000, 90_000)]),
      step,
    });
  }
  return { dedupes: random() < 0.7, steps, hourly: random() < 0.7 ? null : between(random, 2, 12) / 2 };
}

function drawStep(random: Random, { index, last }: { readonly index: number; readonly last: Revision | null }): Step {
  const effects = random() < 0.5 ? Infinity : between(random, 0, 60);
  const chance = random();
  if (index === 0 || chance < 0.5)
    return {
      kind: "apply",
      revision: index > 0 && random() < 0.08 ? null : drawRevision(random, index, last),
      effects,
    };
  if (chance < 0.75) return { kind: "tick", effects };
  return chance < 0.9 ? { kind: "instance-dies" } : { kind: "trouble", seconds: between(random, 5, 60) };
}

function drawRevision(random: Random, number: number, last: Revision | null): Revision {
  const base: Revision = last ?? {
    number,
    behaviour: "healthy",
    replicas: between(random, 1, 4),
    readyAfter: 1,
    stripPrefix: true,
    probes: true,
    scales: random() < 0.3,
  };
  const behaviour =
    random() < 0.6 ? "healthy" : pick(random, ["slow", "crashes-at-start", "never-ready", "sickens"] as const);
  return {
    number: random() < 0.85 ? number : base.number,
    behaviour,
    replicas: random() < 0.3 ? between(random, 0, 5) : base.replicas,
    readyAfter: random() < 0.1 ? between(random, 1, 3) : base.readyAfter,
    stripPrefix: random() < 0.12 ? !base.stripPrefix : base.stripPrefix,
    probes: random() < 0.1 ? !base.probes : base.probes,
    scales: random() < 0.1 ? !base.scales : base.scales,
  };
}

export function serviceFile(revision: Revision): string {
  const probes = revision.probes
    ? `probes: [{ type: http, url: /health, interval: 1s, ready_after: ${revision.readyAfter} }]`
    : "";
  return `type: service
name: web
auth: false
replicas: ${revision.replicas}${revision.scales ? `..${revision.replicas + 2}` : ""}
strip_prefix: ${revision.stripPrefix}
env: [BEHAVIOUR=${revision.behaviour}, REVISION=${revision.number}]
commands: [serve]
port: 8000
${probes}
${revision.scales ? "scaling: { metric: rps, target: 1, window: 30s, scale_up_delay: 2s, scale_down_delay: 5s }" : ""}
`;
}
