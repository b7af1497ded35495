import { drawHourly } from "./budget.ts";
import { drawCapacity } from "./capacity.ts";
import type { Capacity } from "./capacity.ts";
import { withIdleLimits } from "./idle-limits.ts";
import { between, pick, stream } from "./random.ts";
import type { Random } from "./random.ts";
import { drawRevision } from "./revision.ts";
import type { Revision } from "./revision.ts";
import { drawRun } from "./run.ts";
import type { Run } from "./run.ts";
import { drawRules } from "./scenario-policy.ts";
import type { Rules } from "./scenario-policy.ts";
import { drawTrouble } from "./trouble.ts";
import type { Trouble } from "./trouble.ts";

/** What happens to the simulated world from outside, one thing after the other: plain data. */
export type Step =
  /** A merge: all service files of one commit of the main branch. An older commit than the last is a stale one. */
  | { readonly kind: "apply"; readonly commit: number; readonly files: readonly Revision[]; readonly run: Run }
  | { readonly kind: "tick"; readonly run: Run }
  /** A person's command about one service. */
  | { readonly kind: "command"; readonly command: OneCommand; readonly service: string; readonly run: Run }
  | { readonly kind: "instance-dies"; readonly how: Death; readonly which: number }
  | { readonly kind: "host-unreachable"; readonly which: number; readonly seconds: number }
  | { readonly kind: "trouble"; readonly trouble: Trouble; readonly seconds: number }
  | { readonly kind: "gateway-down"; readonly seconds: number }
  /** The state branch loses its newest commits, or all of them (`null`), until somebody pushes them again. */
  | { readonly kind: "branch-rewound"; readonly commits: number | null; readonly seconds: number };

export const oneCommands = ["restart", "rollback", "retry", "pause", "resume", "destroy"] as const;
export type OneCommand = (typeof oneCommands)[number];

/** It exits, its provider takes it back, or it vanishes without a word. */
export type Death = "exits" | "preempted" | "vanishes";

export interface Scenario {
  /** Whether the provider takes a repeated call for the first one. */
  readonly dedupes: boolean;
  /** How often it may be asked while something is under way, in milliseconds: a fifth as often otherwise. */
  readonly poll: number;
  /** On one host a dead owner is proven dead, there is one clock, and what was seen of the branch is remembered. */
  readonly hosts: "one" | "many";
  /** By workflows, where a quarantine holds and nothing is applied from beside the branch. */
  readonly byHand: boolean;
  readonly rules: Rules;
  /** `null`: as many instances as are asked for. */
  readonly capacity: Capacity | null;
  /** What all services together may cost, in $/hour; `null`: anything. */
  readonly hourly: number | null;
  /** Each with the milliseconds that pass before it. */
  readonly steps: readonly { readonly after: number; readonly step: Step }[];
}

const names = ["web", "api", "jobs"] as const;

interface Drawing {
  readonly random: Random;
  readonly hosts: Scenario["hosts"];
  readonly rules: Rules;
  readonly services: readonly string[];
  /** Service files after each commit of the main branch. */
  readonly commits: (readonly Revision[])[];
}

type Draw = (at: Drawing) => readonly Step[];

/** A scenario that a seed determines: mostly healthy revisions, some bad ones, processes that die, clouds that lie. */
export function drawScenario(random: Random): Scenario {
  const hosts = random() < 0.5 ? "one" : "many";
  const rules = drawRules(random);
  const at: Drawing = { random, hosts, rules, services: names.slice(0, pick(random, [1, 1, 1, 2, 2, 3])), commits: [] };
  const count = between(random, 3, 8);
  const steps: { after: number; step: Step }[] = [];
  for (let index = 0; index < count; index += 1) {
    const drawn = index === 0 ? [merge(at)] : drawSteps(at);
    const after = pick(random, [
      between(random, 0, 2_000),
      between(random, 0, 10_000),
      between(random, 10_000, 90_000),
      between(random, 10_000, 200_000),
    ]);
    // What is drawn together happens together.
    drawn.forEach((step, position) => {
      steps.push({ after: index === 0 ? 0 : position === 0 ? after : between(random, 0, 60), step });
    });
  }
  const [dedupes, byHand] = [random() < 0.7, random() < 0.5];
  const [capacity, hourly] = [drawCapacity(random, at.commits), drawHourly(random, at.commits)];
  const poll = pick(random, [400, 1_000, 3_000]);
  // Drawn last, and of a stream of its own: what is drawn before does not depend on it.
  const idle = stream(between(random, 0, 2 ** 31), "idle");
  return { dedupes, poll, hosts, byHand, rules, capacity, hourly, steps: withIdleLimits(steps, at.services, idle) };
}

/** What may happen next, each with its weight; what one gives happens together. To add a kind of step is to add a line. */
const kinds: readonly (readonly [number, Draw])[] = [
  [30, (at) => [merge(at)]],
  [12, (at) => [trouble(at), merge(at)]],
  [4, (at) => [merge(at), merge(at)]],
  [3, (at) => [stale(at)]],
  [14, (at) => [tick(at)]],
  [4, (at) => [tick(at), tick(at)]],
  [10, (at) => [command(at)]],
  [8, (at) => [dies(at)]],
  [5, (at) => [dies(at), trouble(at), tick(at)]],
  [6, (at) => [unreachable(at)]],
  [3, (at) => [unreachable(at), merge(at)]],
  [8, (at) => [trouble(at)]],
  [4, ({ random }) => [{ kind: "gateway-down", seconds: between(random, 2, 120) }]],
  [2, ({ random }) => [empties(between(random, 5, 60))]],
  [3, (at) => (at.hosts === "one" ? [rewound(at)] : [tick(at)])],
];

/** Every other time what is not listed says, too, that it is ill. */
function empties(seconds: number): Step {
  return { kind: "trouble", trouble: { empties: 1, ...(seconds % 2 === 0 ? { chokes: 1 } : {}) }, seconds };
}

function drawSteps(at: Drawing): readonly Step[] {
  let left = at.random() * kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, draw] of kinds) {
    left -= weight;
    if (left < 0) return draw(at);
  }
  return [];
}

/** The next commit: some services edited, one added or removed now and then. */
function merge({ random, hosts, rules, services, commits }: Drawing): Step {
  const commit = commits.length;
  const last = commits.at(-1) ?? [];
  const edited = new Set([pick(random, services), ...services.filter(() => random() < 0.35)]);
  const files = services.flatMap((service) => {
    const before = last.find((revision) => revision.service === service) ?? null;
    if (before !== null && random() < 0.06) return [];
    if (!edited.has(service) && commit > 0) return before === null ? [] : [before];
    const drawn = drawRevision(random, service, commit, before);
    // Only a canary sees it.
    const fails = rules.strategy === "canary" && random() < 0.25;
    return [{ ...drawn, behaviour: fails ? "fails-requests" : drawn.behaviour }];
  });
  commits.push(files);
  return { kind: "apply", commit, files, run: drawRun(random, hosts) };
}

function stale({ random, hosts, commits }: Drawing): Step {
  const commit = between(random, 0, commits.length - 1);
  return { kind: "apply", commit, files: commits[commit] ?? [], run: drawRun(random, hosts) };
}

function tick({ random, hosts }: Drawing): Step {
  return { kind: "tick", run: drawRun(random, hosts) };
}

function command({ random, hosts, services }: Drawing): Step {
  const chosen = random() < 0.15 ? "destroy" : pick(random, oneCommands.slice(0, 5));
  return { kind: "command", command: chosen, service: pick(random, services), run: drawRun(random, hosts) };
}

function dies({ random }: Drawing): Step {
  return {
    kind: "instance-dies",
    how: pick(random, ["exits", "preempted", "vanishes"]),
    which: between(random, 0, 5),
  };
}

function unreachable({ random }: Drawing): Step {
  const seconds = random() < 0.5 ? between(random, 30, 90) : between(random, 30, 400);
  return { kind: "host-unreachable", which: between(random, 0, 5), seconds };
}

function trouble({ random }: Drawing): Step {
  return { kind: "trouble", ...drawTrouble(random) };
}

function rewound({ random }: Drawing): Step {
  const commits = random() < 0.3 ? null : between(random, 1, 6);
  return { kind: "branch-rewound", commits, seconds: between(random, 5, 200) };
}
