import { z } from "zod";

import type { BrakePolicy } from "../config/settings.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { refusalFor } from "../reconciler/plan-strangers.ts";
import type { Snapshot } from "../state/store.ts";
import type { App, Project } from "./app.ts";
import { planChanged } from "./planning.ts";
import type { Planned } from "./planning.ts";
import { refusePublicState } from "./public-state.ts";

/** Everything for which `apply` says no before it touches anything (exit 4). */
export async function refuseWhatMayNotBe(
  app: App,
  project: Project,
  planned: Planned,
  planFile: string | null,
): Promise<void> {
  await refusePublicState(app, project);
  if (planFile !== null) await refuseOtherPlan(planFile, planned);
  refuseServices(planned);
  refuseDestroying(app, project, planned);
  await refuseStale(app, project, planned);
}

const KeptPlan = z.object({ version: z.literal(1), id: z.string() });

async function refuseOtherPlan(path: string, planned: Planned): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UserError("no-such-file", `cannot read the plan ${path}`, {
      cause,
      hint: "write it with `plan --out FILE`",
    });
  });
  const kept = KeptPlan.safeParse(parseJson(text));
  if (!kept.success)
    throw new UserError("invalid-plan", `${path} is not a plan of version 1`, {
      hint: "write it with `plan --out FILE`",
    });
  if (kept.data.id !== planned.plan.id) throw planChanged();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What is refused for what runs may be done later, though the files stay as they are. */
function refuseServices({ plan, seen }: Planned): void {
  const refused = plan.services.filter(({ refusal }) => refusal !== null);
  if (refused.length === 0) return;
  const isForWhatRuns = refused.some(({ name, refusal }) => refusal === refusalFor(name, seen));
  const text = refused.map(({ name, refusal }) => `${name}: ${refusal}`).join("\n");
  throw new UserError(isForWhatRuns ? "state-older" : "refused", text, {
    exitCode: exitCodes.refused,
    hint: "nothing was changed",
  });
}

function refuseDestroying(app: App, project: Project, { plan, snapshot }: Planned): void {
  const { brake } = project.settings.policy;
  const destroyed = plan.services.filter((service) => service.action === "destroy").map((service) => service.name);
  const allowed = app.options.allowDestroy ?? destroyable(brake, snapshot);
  if (allowed === "all" || destroyed.length <= allowed) return;
  throw new UserError(
    "brake",
    `this would destroy ${destroyed.length} services (${destroyed.join(", ")}), and ${allowed} may be destroyed without consent`,
    {
      exitCode: exitCodes.refused,
      hint: `consent with --allow-destroy ${destroyed.length}, or set policy.brake in the settings`,
    },
  );
}

/** How many of the recorded services one run may destroy without consent; of a single one no share says anything. */
export function destroyable({ destroy, services: share }: BrakePolicy, { services }: Snapshot): number {
  const recorded = [...services.values()].filter(({ record }) => (record?.target ?? null) !== null).length;
  return recorded < 2 ? destroy : Math.min(destroy, Math.floor(share * recorded + 1e-9));
}

/** An older commit never takes the place of a newer one; one from beside it only where a person does it. */
async function refuseStale(app: App, project: Project, planned: Planned): Promise<void> {
  const { commit, snapshot } = planned;
  if (commit === null) return;
  const changing = planned.plan.services.filter((service) => service.action !== "none");
  const recorded = new Set(
    changing.flatMap((service) => snapshot.services.get(service.name)?.record?.target?.commit ?? []),
  );
  for (const accepted of recorded) {
    if (accepted === commit || (await project.repository.isAncestor(accepted, commit))) continue;
    const older = await project.repository.isAncestor(commit, accepted);
    if (!older && app.io.env["GITHUB_ACTIONS"] !== "true") continue;
    throw new UserError(
      "stale",
      `commit ${commit.slice(0, 12)} is not newer than ${accepted.slice(0, 12)}, which was accepted already`,
      {
        exitCode: exitCodes.refused,
        hint: "apply the newest commit; to go back on purpose, revert in a new one",
      },
    );
  }
}
