import type { Policy } from "../../src/config/settings.ts";
import type { BranchMemory } from "../../src/state/memory-of-branch.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { createCloud } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { tells } from "./forgotten.ts";
import { createGateway } from "./gateway.ts";
import type { SimulatedGateway } from "./gateway.ts";
import type { Happening, Scene } from "./happening.ts";
import { createHistory } from "./history.ts";
import type { History } from "./history.ts";
import { brokenBy } from "./invariants.ts";
import type { Broken } from "./invariants.ts";
import { createLuck } from "./luck.ts";
import type { Luck } from "./luck.ts";
import type { Life } from "./mortal.ts";
import { seeded } from "./random.ts";
import type { Random } from "./random.ts";
import { repositoryId } from "./repository.ts";
import { mostAhead } from "./run.ts";
import { policyOf } from "./scenario-policy.ts";
import type { Scenario } from "./scenario.ts";
import { sharedMemory } from "./shared-memory.ts";
import type { MakeStateBranch, StateBranch } from "./state-branch.ts";
import { createVirtualClock } from "./virtual-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The simulated world without any run of the program: what there is, what goes wrong with it, and what must hold. */
export interface Stage {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly luck: Luck;
  readonly cloud: Cloud;
  readonly gateway: SimulatedGateway;
  readonly branch: StateBranch;
  /** What the only host remembers of the branch; many hosts begin anew each time. */
  readonly memory: BranchMemory | undefined;
  readonly history: History;
  readonly lives: Map<string, Life>;
  /** Calls for instances that are on their way to the provider, by token. */
  readonly underWay: Set<string>;
  readonly asked: Set<string>;
  readonly called: Set<string>;
  readonly timeline: string[];
  readonly scene: Scene;
  readonly log: (text: string) => void;
  /** Looks whether what happens may happen. */
  readonly happens: (happening: Happening) => void;
  readonly breaks: (broken: Broken) => void;
  readonly broken: () => Broken | null;
  /** The state as it is, whoever could read it. */
  readonly state: () => Promise<Snapshot>;
  /** The newest commits of the branch go missing; `null`: all of them. */
  rewind(commits: number | null): void;
  restore(): void;
  /** From now on nothing goes wrong any more. */
  calmDown(): void;
  readonly isCalm: () => boolean;
  /** Somebody wrote to what was left of the branch when nothing told that it was less than before: what is true from then on nobody can say. */
  readonly isAbandoned: () => boolean;
}

export const start = 1_700_000_000_000;

export function createStage(seed: number, scenario: Scenario, makeBranch: MakeStateBranch): Stage {
  const clock = createVirtualClock(start);
  const random = seeded(seed ^ 0x5eed);
  const luck = createLuck(clock, random);
  const history = createHistory();
  const timeline: string[] = [];
  const lives = new Map<string, Life>();
  const underWay = new Set<string>();
  const asked = new Set<string>();
  const called = new Set<string>();
  let broken: Broken | null = null;
  let isCalm = false;
  let lost: { readonly commits: ReturnType<StateBranch["history"]>; readonly at: number } | null = null;
  let isAbandoned = false;
  const isTold = (generation: number): boolean =>
    scenario.hosts === "one" || tells(generation, { cloud, history, now: clock.now() });

  const log = (text: string): void =>
    void timeline.push(`${((clock.now() - start) / 1000).toFixed(2).padStart(8)}  ${text}`);
  const breaks = (found: Broken): void => {
    if (broken !== null) return;
    broken = found;
    log(`BROKEN ${found.invariant}: ${found.what}`);
  };
  const happens = (happening: Happening): void => {
    if (happening.kind === "committed" && lost !== null && scene.rewoundAt() === null) isAbandoned = true;
    const found = broken === null && !isAbandoned ? brokenBy(happening, scene) : null;
    if (found !== null) breaks(found);
  };
  const cloud = createCloud({
    clock,
    random,
    luck,
    dedupes: scenario.dedupes,
    poll: scenario.poll,
    capacity: scenario.capacity,
    repository: repositoryId,
    seed,
    created(instance) {
      luck.count(instance.behaviour);
      happens({ kind: "created", instance });
    },
  });
  const gateway = createGateway({
    clock,
    random,
    luck,
    services: ["web", "api", "jobs"],
    fails: (token) => cloud.withToken(token).some(({ behaviour }) => behaviour === "fails-requests"),
    drags: (token) => cloud.withToken(token).some(({ behaviour }) => behaviour === "slow-requests"),
    changed: (before, after) => happens({ kind: "routes", before, after }),
  });
  const branch = makeBranch(clock, (operation) => {
    if (operation === "write" && luck.strikes("pushes")) return random() < 0.5 ? "lost-race" : "error-after";
    return operation === "read" && luck.strikes("fetches") ? "error-before" : null;
  });
  // Reads past whatever goes wrong at reading.
  const judge = memoryStore({
    clock,
    branch: { ...branch.open(), read: async () => branch.history().at(-1) ?? null },
    writer: "judge",
  });
  const scene: Scene = {
    now: () => clock.now(),
    cloud,
    gateway,
    history,
    skew: scenario.hosts === "many" ? 2 * mostAhead : 0,
    hourly: scenario.hourly,
    canarySteps: scenario.rules.canarySteps,
    lacked: () => luck.tally.has("lacks") || luck.tally.has("quota"),
    chokedAt: () => luck.lastAt("chokes"),
    missed: new Set(),
    rewoundAt: () => (lost !== null && isTold(branch.history().at(-1)?.generation ?? 0) ? lost.at : null),
    underWay,
    asked,
    called,
    isAlive: (nonce) => lives.get(nonce)?.isAlive() ?? false,
  };

  return {
    scenario,
    policy: policyOf(scenario),
    clock,
    random,
    luck,
    cloud,
    gateway,
    branch,
    memory: scenario.hosts === "one" ? sharedMemory() : undefined,
    history,
    lives,
    underWay,
    asked,
    called,
    timeline,
    scene,
    log,
    happens,
    breaks,
    broken: () => broken,
    state: () => judge.load(),
    rewind(commits) {
      const before = branch.history();
      if (lost !== null || before.length < 2) return;
      const left = commits === null ? undefined : before.at(-1 - commits);
      if (!isTold(left?.generation ?? 0)) return;
      const by = scenario.hosts === "one" ? "" : ", and forgotten";
      luck.count(`${commits === null ? "branch deleted" : "branch rewound"}${by}`);
      lost = { commits: before, at: clock.now() };
      branch.rewindTo(left?.commit ?? null);
    },
    restore() {
      if (lost === null || isAbandoned) return;
      branch.pushAgain(lost.commits);
      lost = null;
    },
    calmDown() {
      isCalm = true;
      luck.calmDown();
      gateway.steady();
      for (const instance of cloud.ours()) {
        const { from, until } = instance.unreachable;
        instance.unreachable = { from, until: Math.min(until, clock.now()) };
      }
    },
    isCalm: () => isCalm,
    isAbandoned: () => isAbandoned,
  };
}
