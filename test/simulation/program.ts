import type { App } from "../../src/commands/app.ts";
import { apply } from "../../src/commands/apply.ts";
import { destroy, pause, restart, resume, retry } from "../../src/commands/one-service.ts";
import { rollback } from "../../src/commands/rollback.ts";
import { tick } from "../../src/commands/tick.ts";
import { defaultHistory, defaultPolicy } from "../../src/config/settings.ts";
import type { Policy, Settings } from "../../src/config/settings.ts";
import type { ExitCode } from "../../src/lib/user-error.ts";
import type { LeasePolicy } from "../../src/reconciler/session.ts";
import type { World } from "../../src/reconciler/world.ts";
import type { Branch } from "../../src/state/branch.ts";
import { noMemory } from "../../src/state/memory-of-branch.ts";
import { memoryBranch } from "../../src/state/memory.ts";
import { repositoryAt } from "./repository.ts";
import type { Revision } from "./revision.ts";
import { mostAhead } from "./run.ts";
import type { OneCommand } from "./scenario.ts";

export const policy: Policy = {
  ...defaultPolicy,
  rollout: { ...defaultPolicy.rollout, startup: 30, drain: 8 },
  heal: { ...defaultPolicy.heal, unreachableAfter: 60 },
  brake: { ...defaultPolicy.brake, destroy: 3 },
};

/** Shorter than the real one, so that a scenario sees many of them end. */
export const leasePolicy: LeasePolicy = { ttl: 60_000, skew: 2 * mostAhead + 1_000, reload: 5_000 };

export const settings: Settings = {
  project: "main",
  exclude: [],
  state: { branch: "dstack-state", remote: null, public: false, history: defaultHistory, lease: { ttl: 900, skew: 0 } },
  backends: [],
  gateways: [
    { name: "main", type: "embedded", default: true, listen: { host: "127.0.0.1", port: 3000 }, domain: null },
  ],
  auth: { tokens: [] },
  policy,
};

/** A command line of the program: what is run, where, and with which world. */
export interface Invocation {
  readonly command: "apply" | "tick" | OneCommand;
  /** Of a command about one service. */
  readonly service: string;
  /** What is checked out. */
  readonly commit: number;
  readonly files: readonly Revision[];
  readonly byHand: boolean;
  readonly world: World;
  readonly tell: (text: string) => void;
  /** What `state repair` looks at. Absent: an empty one. */
  readonly branch?: Branch;
  /** Absent: that of the simulation. */
  readonly policy?: Policy;
  /** Milliseconds. Absent: as long as between two ticks. */
  readonly attend?: number;
}

/** Runs one command of the program, as `run.ts` does after reading the command line. */
export function runCommand(invocation: Invocation): Promise<ExitCode> {
  const app = appOf(invocation);
  const { command, service } = invocation;
  switch (command) {
    case "apply":
      return apply(app, [], { plan: null });
    case "tick":
      return tick(app);
    case "rollback":
      return rollback(app, service, null);
    case "destroy":
    case "pause":
    case "restart":
    case "resume":
    case "retry":
      return oneService[command](app, service);
  }
}

const oneService = { destroy, pause, restart, resume, retry } as const;

function appOf({ commit, files, byHand, world, tell, branch, ...own }: Invocation): App {
  return {
    io: {
      stdout: tell,
      stderr: tell,
      terminal: false,
      colors: false,
      ask: async () => null,
      env: byHand ? { USER: "simulation" } : { GITHUB_ACTIONS: "true", GITHUB_ACTOR: "simulation" },
      cwd: "/repository",
      signal: new AbortController().signal,
    },
    options: {
      settings: null,
      ref: null,
      profile: false,
      env: [],
      yes: true,
      json: false,
      color: false,
      timeout: null,
      wait: 5_000,
      attend: own.attend ?? 240_000,
      allowDestroy: null,
      // What `apply` draws nobody looks at; what `tick` finds is looked for in what it says.
      quiet: own.command === "apply",
      verbose: false,
    },
    project: async () => ({
      repository: repositoryAt(commit, files),
      settings: own.policy === undefined ? settings : { ...settings, policy: own.policy },
      diagnostics: [],
      tokens: [],
      leasePolicy,
    }),
    world: async () => world,
    async history() {
      throw new Error("the history of a simulation is never as long as settings allow");
    },
    async patient() {
      return { branch: branch ?? memoryBranch(), memory: noMemory, identity: undefined };
    },
    async startGateway() {
      throw new Error("the simulated gateway is there already");
    },
  };
}
