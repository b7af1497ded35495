import { namesOf, resolveValues, unknownHere } from "../config/env.ts";
import { checkGateways } from "../config/gateways.ts";
import { jobOf } from "../config/job.ts";
import { checkNamedServices } from "../config/named-services.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { isSameJson } from "../lib/same.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { servingDeployment } from "../reconciler/accept.ts";
import { takeInventory } from "../reconciler/inventory.ts";
import type { Inventory } from "../reconciler/inventory.ts";
import { stateOf } from "../reconciler/known-repos.ts";
import { noSupply } from "../reconciler/observed.ts";
import type { Supply } from "../reconciler/observed.ts";
import { overdueServices } from "../reconciler/overdue.ts";
import type { DesiredService, Plan } from "../reconciler/plan-document.ts";
import { strangerDiagnostics } from "../reconciler/plan-strangers.ts";
import { makePlan } from "../reconciler/plan.ts";
import { rotatedServices } from "../reconciler/rotation.ts";
import { supplyFor } from "../reconciler/supply.ts";
import type { World } from "../reconciler/world.ts";
import { overdueDiagnostics } from "../report/overdue-text.ts";
import { rotationDiagnostics } from "../report/rotation-text.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";
import type { App, Project } from "./app.ts";
import { readDesired } from "./desired.ts";
import type { Desired } from "./desired.ts";
import { publicStateWarnings } from "./public-state.ts";
import { resolveRepos } from "./resolve-repos.ts";

/** A plan with everything that it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly snapshot: Snapshot;
  /** What was seen of what runs. */
  readonly seen: Inventory;
  readonly commit: string | null;
}

/** Reads what is wanted and what is recorded, side by side, and plans. Invalid input: exit 2, with every diagnostic. */
export async function preparePlan(
  app: App,
  project: Project,
  world: World,
  paths: readonly string[],
): Promise<Planned> {
  const [desired, seen, commit] = await Promise.all([
    readDesired(app, project, paths).then((read) => resolveRepos(app, project, read)),
    world.store.load(app.io.signal).then((loaded) => takeInventory(world, loaded, app.io.signal)),
    project.repository.commit(app.options.ref ?? undefined),
  ]);
  const { snapshot } = seen;
  const unserved = checkGateways(
    desired.services.map((service) => service.source),
    project.settings.gateways,
  );
  const invalid = [...project.diagnostics, ...desired.diagnostics, ...unserved];
  if (hasErrors(invalid)) throw invalidInput(invalid);
  const misnamed = desired.complete ? checkNamedServices(project.settings.policy, namesIn(desired, snapshot)) : [];
  const removed = desired.complete ? missingFrom(desired, snapshot) : [];
  const supply = await suppliesOf(desired, snapshot, world, app.io.signal);
  const now = world.clock.now();
  const plan = makePlan({
    desired: desired.services,
    removed,
    snapshot,
    supply,
    providers: world.backends,
    policy: project.settings.policy,
    tokens: project.tokens.length > 0,
    ref: app.options.ref,
    profile: desired.profile === null ? null : { name: desired.profile.name, file: desired.profile.file },
    commit,
    seen,
    byHand: app.io.env["GITHUB_ACTIONS"] !== "true",
    now,
    diagnostics: [
      ...invalid,
      ...misnamed,
      ...(await publicStateWarnings(app, project)),
      ...desired.services.flatMap(({ source }) => unknownHere(source, world.env)),
      ...strangerDiagnostics(seen),
      ...overdueDiagnostics(overdueServices(snapshot, project.settings.policy, now), now),
    ],
  });
  return { plan: withRotation(plan, snapshot, world), desired, snapshot, seen, commit };
}

/** What has rotated is said where the plan does not exchange the replicas anyway. */
function withRotation(plan: Plan, snapshot: Snapshot, world: World): Plan {
  const stays = new Set(
    plan.services
      .filter(({ action }) => action === "none" || action === "update" || action === "scale")
      .map(({ name }) => name),
  );
  const rotated = [...rotatedServices(snapshot, world)].filter(([name]) => stays.has(name));
  return { ...plan, diagnostics: [...plan.diagnostics, ...rotationDiagnostics(new Map(rotated))] };
}

export function invalidInput(diagnostics: readonly Diagnostic[]): UserError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  return new UserError("invalid-input", `${errors} error${errors === 1 ? "" : "s"} in the input; nothing was changed`, {
    diagnostics,
  });
}

/** What was consented to is not what would be done now. */
export function planChanged(): UserError {
  return new UserError("plan-changed", "the plan no longer holds: what it was made from has changed", {
    exitCode: exitCodes.refused,
    hint: "look at the new plan with `dstack-gitops plan`, then apply that",
  });
}

/** What is a warning of a plan is an error of whoever applies it. */
export function refuseMissingEnv({ plan }: Pick<Planned, "plan">): void {
  const missing = plan.diagnostics.filter((diagnostic) => diagnostic.code === "missing-env");
  if (missing.length > 0)
    throw invalidInput(missing.map((diagnostic) => ({ ...diagnostic, severity: "error" as const })));
}

function namesIn({ services }: Desired, snapshot: Snapshot): ReadonlySet<string> {
  return new Set([...services.map(({ source }) => source.spec.name), ...snapshot.services.keys()]);
}

function missingFrom(desired: Desired, snapshot: Snapshot): readonly string[] {
  const names = new Set(desired.services.map((service) => service.source.spec.name));
  return [...snapshot.services]
    .filter(([name, state]) => (state.record?.target ?? null) !== null && !names.has(name))
    .map(([name]) => name);
}

/** Backends are asked only about services that may have to be started anew. */
async function suppliesOf(
  desired: Desired,
  snapshot: Snapshot,
  world: World,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Supply>> {
  const entries = await Promise.all(
    desired.services.map(async ({ source, contents, repos }): Promise<readonly [string, Supply]> => {
      const { spec } = source;
      const record = snapshot.services.get(spec.name)?.record ?? null;
      if (record !== null && isServed({ source, contents, repos }, record))
        return [spec.name, { ...noSupply, missingEnv: namesOf(resolveValues(spec, world.env).missing) }];
      return [spec.name, await supplyFor(world, spec, jobOf(spec, contents, repos), signal)];
    }),
  );
  return new Map(entries);
}

function isServed({ source, contents, repos }: DesiredService, record: ServiceRecord): boolean {
  if (record.target === null || record.verdict !== null) return false;
  const serving = servingDeployment(record);
  if (serving.fingerprint !== source.fingerprint) return false;
  if (!isSameJson(serving.repos ?? [], repos.map(stateOf))) return false;
  return serving.files.every((file, index) => file.content === contents[index]?.content);
}
