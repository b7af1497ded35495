import { assertNever } from "../../src/lib/assert-never.ts";
import type { Instance } from "./instance.ts";
import type { Broken } from "./invariants.ts";
import { restless, unsettled } from "./judge.ts";
import { launch } from "./launch.ts";
import { seeded } from "./random.ts";
import { calmRun } from "./run.ts";
import { drawScenario } from "./scenario.ts";
import type { Death, Scenario, Step } from "./scenario.ts";
import { createStage, start } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { inMemory } from "./state-branch.ts";
import type { MakeStateBranch } from "./state-branch.ts";

export interface SimulationResult {
  readonly seed: number;
  /** What was broken first, with the invariant's name before it; `null`: nothing. */
  readonly broken: string | null;
  /** Name of the invariant. */
  readonly invariant: string | null;
  readonly timeline: readonly string[];
  /** Simulated seconds. */
  readonly seconds: number;
  /** How often each fault happened. */
  readonly faults: ReadonlyMap<string, number>;
}

/** Runs the whole program through one scenario on simulated time, and looks whether what must hold did. */
export async function simulate(
  seed: number,
  scenario: Scenario = drawScenario(seeded(seed)),
  makeBranch: MakeStateBranch = inMemory,
): Promise<SimulationResult> {
  const stage = createStage(seed, scenario, makeBranch);
  await storm(stage);
  if (!stage.isAbandoned()) await calm(stage);
  const broken = stage.broken();
  return {
    seed,
    broken: broken === null ? null : `${broken.invariant}: ${broken.what}`,
    invariant: broken?.invariant ?? null,
    timeline: stage.timeline,
    seconds: (stage.clock.now() - start) / 1000,
    faults: stage.luck.tally,
  };
}

/** Everything that the scenario has, one step after the other. */
async function storm(stage: Stage): Promise<void> {
  for (const { after, step } of stage.scenario.steps) {
    await passTime(stage, after);
    if (stage.broken() !== null || stage.isAbandoned()) return;
    perform(step, stage);
  }
  await passTime(stage, 60_000);
}

/** Enough for the longest back-off, and for a lease of somebody who cannot be proven dead. */
const rounds = 8;

/** Nothing fails any more, and ticks come as they are scheduled: until all is as it should be, and one more changes nothing. */
async function calm(stage: Stage): Promise<void> {
  stage.calmDown();
  stage.restore();
  for (const [service, record] of stage.history.newest())
    if (record !== null && record.paused !== null) launch(stage, { command: "resume", service, run: calmRun });
  await passTime(stage, 240_000);
  let wrong: Broken | null = null;
  for (let round = 0; round < rounds && stage.broken() === null; round += 1) {
    await tick(stage, 300_000);
    wrong = await unsettled(stage);
    if (wrong === null) break;
  }
  if (wrong !== null) stage.breaks(wrong);
  if (stage.broken() !== null) return;
  const before = await stage.state();
  await tick(stage, 30_000);
  const changed = restless(before, await stage.state());
  if (changed !== null) stage.breaks(changed);
}

async function tick(stage: Stage, milliseconds: number): Promise<void> {
  launch(stage, { command: "tick", run: calmRun });
  await passTime(stage, milliseconds);
}

async function passTime(stage: Stage, milliseconds: number): Promise<void> {
  await stage.clock.runUntil(() => stage.broken() !== null, stage.clock.now() + milliseconds);
}

function perform(step: Step, stage: Stage): void {
  const { clock, luck, gateway } = stage;
  stage.log(`--- ${JSON.stringify(step)}`);
  switch (step.kind) {
    case "apply":
      return launch(stage, { command: "apply", run: step.run, commit: step.commit, files: step.files });
    case "tick":
      return launch(stage, { command: "tick", run: step.run });
    case "command":
      return launch(stage, { command: step.command, service: step.service, run: step.run });
    case "instance-dies":
      return die(step.how, step.which, stage);
    case "host-unreachable":
      return cutOff(step.which, step.seconds, stage);
    case "trouble":
      return luck.begin(step.trouble, clock.now() + step.seconds * 1000);
    case "gateway-down":
      luck.count("gateway down");
      return gateway.stopUntil(clock.now() + step.seconds * 1000);
    case "branch-rewound":
      stage.rewind(step.commits);
      return void clock.at(clock.now() + step.seconds * 1000, () => stage.restore());
    default:
      return assertNever(step, "step");
  }
}

function die(how: Death, which: number, stage: Stage): void {
  const { clock, luck } = stage;
  const now = clock.now();
  const victim = chosen(which, stage);
  if (victim === undefined) return;
  luck.count(how);
  switch (how) {
    case "exits":
      victim.exitedAt = now;
      return;
    case "preempted":
      victim.preemptedAt = now;
      victim.terminatedAt = now;
      return;
    case "vanishes":
      victim.vanishedAt = now;
      return;
    default:
      return assertNever(how, "death");
  }
}

/** The host of one of them does not answer for a while. */
function cutOff(which: number, seconds: number, stage: Stage): void {
  const victim = chosen(which, stage);
  if (victim === undefined) return;
  stage.luck.count("unreachable");
  const now = stage.clock.now();
  victim.unreachable = { from: now, until: now + seconds * 1000 };
}

/** One of those that have not ended. */
function chosen(which: number, { cloud, clock }: Stage): Instance | undefined {
  const candidates = cloud
    .ours()
    .filter((instance) => clock.now() < Math.min(instance.exitedAt, instance.terminatedAt));
  return candidates[which % Math.max(1, candidates.length)];
}
