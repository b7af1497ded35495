import { UserError } from "../../src/lib/user-error.ts";
import type { Event } from "../../src/reconciler/event.ts";
import type { World } from "../../src/reconciler/world.ts";
import { createLife, mortal } from "./mortal.ts";
import { runCommand } from "./program.ts";
import type { Invocation } from "./program.ts";
import { repositoryId } from "./repository.ts";
import { secretName } from "./revision.ts";
import type { Revision } from "./revision.ts";
import type { Run } from "./run.ts";
import type { Stage } from "./stage.ts";
import { probeOf, watchedBackend, watchedPublisher, watchedStore } from "./watched.ts";
import type { Process } from "./watched.ts";

/** A command line, and what befalls its process. */
export interface Launch {
  readonly command: Invocation["command"];
  readonly run: Run;
  readonly service?: string;
  readonly commit?: number;
  readonly files?: readonly Revision[];
}

/** Starts a process of the program in the simulated world, and goes on without waiting for it. */
export function launch(stage: Stage, { command, run, service = "", commit = 0, files = [] }: Launch): void {
  const { clock, lives, log, luck } = stage;
  const nonce = `p${lives.size + 1}`;
  const life = createLife({ run, clock, random: stage.random, luck });
  const process: Process = {
    nonce,
    command,
    files,
    startedAt: clock.now(),
    standsStill: run.freezes !== null,
    decided: new Map(),
    leases: new Map(),
    looked: false,
    heard: null,
    probed: new Map(),
    isWaking: life.isWaking,
    reported: new Set(),
    lookedAt: clock.now(),
    status: null,
    blinded: false,
  };
  lives.set(nonce, life);
  if (run.ahead !== 0) luck.count("clock skewed");
  if (run.set !== null) luck.count("clock set");
  if (command === "tick" && !run.secrets) luck.count("tick without secrets");
  const world = mortal(worldFor(stage, process, run), life);
  let said = "";
  const tell = (text: string): void => {
    said = text;
    const known = /(?:runs|ends) (?<token>\S+) .*(?:does not know|was given up)/.exec(text)?.groups?.["token"];
    if (known !== undefined) process.reported.add(known);
  };
  log(`${nonce} ${command} ${service} begins`);
  const ends = (error: unknown, how: string): void => {
    if (!life.isAlive()) return;
    life.kill();
    if (error instanceof UserError) luck.count(`refused: ${error.code}`);
    for (const _ of process.reported) luck.count("unknown or given up, and said so");
    log(`${nonce} ${command} ${how}`);
    stage.happens({ kind: "ended", by: process, error, reported: process.reported, blinded: process.blinded });
  };
  runCommand({
    command,
    service,
    commit,
    files,
    byHand: stage.scenario.byHand,
    world,
    tell,
    policy: stage.policy,
  }).then(
    (exitCode) => ends(null, `ends with ${exitCode}: ${said.trim().replaceAll("\n", " | ")}`),
    (error: unknown) =>
      ends(
        error,
        `fails: ${error instanceof Error ? `${error.message} ${error instanceof UserError ? error.diagnostics.map(({ message }) => message).join("; ") : ""}` : String(error)}`,
      ),
  );
}

function worldFor(stage: Stage, process: Process, run: Run): World {
  const { clock, scenario, lives } = stage;
  const { nonce } = process;
  const offset = (): number => {
    const { set, ahead } = run;
    return ahead + (set !== null && clock.now() >= process.startedAt + set.after * 1000 ? set.by : 0);
  };
  return {
    // A machine's clock has whole milliseconds.
    clock: {
      now: () => Math.floor(clock.now() + offset()),
      monotonic: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    store: watchedStore(stage, process),
    backends: new Map([["cloud", watchedBackend(stage, process)]]),
    publisher: watchedPublisher(stage, process),
    probe: probeOf(stage, process),
    env: (name) => (name === secretName && (run.secrets || process.command === "apply") ? "a value" : undefined),
    leaseOwner: {
      run: nonce,
      attempt: 1,
      nonce,
      host: scenario.hosts === "one" ? "h" : nonce,
      boot: "b",
      pid: lives.size,
      pidStart: nonce,
    },
    isAlive: async (owner) => (scenario.hosts === "one" ? (lives.get(owner.nonce)?.isAlive() ?? "unknown") : "unknown"),
    owner: { repository: repositoryId, project: "main" },
    emit: (event) => {
      const verdict = /^(?:missing-env|over-budget|braked|stuck)(?=:)/.exec(event.detail);
      if (verdict !== null) stage.luck.count(verdict[0]);
      stage.log(`${nonce} ${textOf(event)}`);
    },
  };
}

function textOf({ service, event, replica, deployment, detail }: Event): string {
  return `${service} ${event} ${replica ?? "-"}/${deployment ?? "-"} ${detail}`;
}
