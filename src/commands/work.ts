import type { Policy } from "../config/settings.ts";
import { delayed, interruption } from "../lib/interruption.ts";
import { routesOf } from "../proxy-config/routes.ts";
import type { Event } from "../reconciler/event.ts";
import { defaultLeasePolicy, openSession } from "../reconciler/session.ts";
import type { LeasePolicy, Session } from "../reconciler/session.ts";
import type { SettleOptions } from "../reconciler/settle-service.ts";
import type { World } from "../reconciler/world.ts";
import { eventText } from "../report/event-text.ts";
import { painter } from "../report/style.ts";
import type { App, Project } from "./app.ts";
import { sayJson, tell } from "./say.ts";

/** What a command that changes things works with. */
export interface Work extends AsyncDisposable {
  readonly app: App;
  readonly project: Project;
  readonly world: World;
  /** Who did it, for the record. */
  readonly by: string;
  /** Ends calls under way too; later than the command's own signal. */
  readonly abort: AbortSignal;
  session(stateId: string): Session;
  /** Milliseconds to stay with it, from the beginning of the command. */
  settleOptions(attend?: number): SettleOptions;
  /** Whether `--timeout` is over. */
  timedOut(): boolean;
}

export interface WorkOptions {
  /** Is told every event, instead of the lines that are written otherwise. */
  readonly show?: (event: Event) => void;
  /** The process stays: probes go on between rounds of passes. */
  readonly keep?: boolean;
}

export async function openWork(app: App, project: Project, options: WorkOptions = {}): Promise<Work> {
  const world = await app.world(project, options.show ?? ((event) => showEvent(app, event)));
  const abort = delayed(app.io.signal, interruption.calls);
  const leave = delayed(app.io.signal, interruption.leases);
  let session: Session | null = null;
  const begunAt = world.clock.now();
  return {
    app,
    project,
    world,
    by: authorOf(app),
    abort: abort.signal,
    session(stateId) {
      // A branch that was made meanwhile has an identity of its own.
      if (session !== null && session.owner.stateId !== stateId) {
        session.close();
        session = null;
      }
      return (session ??= sessionOf(world, project, { stateId, keep: options.keep ?? false }));
    },
    timedOut: () => world.clock.now() >= begunAt + (app.options.timeout ?? Infinity),
    settleOptions(attend) {
      const attended = begunAt + (attend ?? app.options.attend ?? 15 * 60_000);
      return {
        signal: app.io.signal,
        abort: abort.signal,
        leave: leave.signal,
        deadline: Math.min(attended, begunAt + (app.options.timeout ?? Infinity)),
        waitForLease: app.options.wait,
      };
    },
    async [Symbol.asyncDispose]() {
      session?.close();
      abort.cancel();
      leave.cancel();
    },
  };
}

function sessionOf(
  world: World,
  project: Project,
  options: { readonly stateId: string; readonly keep: boolean },
): Session {
  const policy: Policy = project.settings.policy;
  return openSession({
    ...options,
    world,
    policy,
    routesOf: (snapshot) => routesOf(snapshot, project.settings),
    leasePolicy: leasePolicyOf(project),
  });
}

/** How long work on a service is leased. */
export function leasePolicyOf({ leasePolicy, settings }: Project): LeasePolicy {
  const { ttl, skew } = settings.state.lease;
  return leasePolicy ?? { ...defaultLeasePolicy, ttl: ttl * 1000, skew: skew * 1000 };
}

export function showEvent(app: App, event: Event): void {
  if (app.options.json) return sayJson(app, { version: 1, ...event });
  tell(app, eventText(event, painter(app.io.colors)));
}

function authorOf(app: App): string {
  const { env } = app.io;
  return (
    [env["GITHUB_ACTOR"], env["USER"], env["LOGNAME"]].find((name) => name !== undefined && name !== "") ?? "unknown"
  );
}
