import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { planJson } from "../report/plan-json.ts";
import { planText } from "../report/plan-text.ts";
import { painter } from "../report/style.ts";
import type { App } from "./app.ts";
import { withoutPlan } from "./plan-file.ts";
import { preparePlan } from "./planning.ts";
import { say, sayDiagnostics } from "./say.ts";

export interface PlanOptions {
  readonly detailedExitcode: boolean;
  /** Keeps the plan's JSON in a file. */
  readonly out: string | null;
}

/** `plan [paths]`: what `apply` would do, and its rehearsal. Changes nothing. */
export async function plan(app: App, paths: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const project = withoutPlan(await app.project(), options.out);
  const world = await app.world(project, () => undefined);
  const planned = await preparePlan(app, project, world, paths);
  const document = `${JSON.stringify(planJson(planned.plan), null, app.options.json ? 0 : 2)}\n`;
  sayDiagnostics(app, planned.plan.diagnostics, planned.desired.sources);
  if (app.options.json) app.io.stdout(document);
  else say(app, planText(planned.plan, { paint: painter(app.io.colors), verbose: app.options.verbose }));
  if (options.out !== null) {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(options.out, document);
  }
  const changes = planned.plan.services.some((service) => service.action !== "none");
  return changes && options.detailedExitcode ? exitCodes.changes : exitCodes.success;
}
