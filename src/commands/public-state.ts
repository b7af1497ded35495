import type { Diagnostic } from "../lib/diagnostics.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import type { App, Project } from "./app.ts";

/** Refuses to write the state where everybody may read it, unless the settings consent (exit 4). */
export async function refusePublicState(app: App, project: Project): Promise<void> {
  const problem = await publicState(app, project);
  if (problem === null) return;
  throw new UserError("public-state", problem.message, { exitCode: exitCodes.refused, hint: problem.hint });
}

/** The same as a warning of a plan, which writes nothing. */
export async function publicStateWarnings(app: App, project: Project): Promise<readonly Diagnostic[]> {
  const problem = await publicState(app, project);
  return problem === null ? [] : [{ severity: "warning", code: "public-state", ...problem }];
}

async function publicState({ io }: App, { settings, repository }: Project) {
  const { remote, public: isAllowed } = settings.state;
  if (remote === null || isAllowed || io.env["GITHUB_ACTIONS"] !== "true") return null;
  const { publicRepository } = await import("../git/public-repository.ts");
  const name = await publicRepository(remote, repository.root, io.env);
  if (name === null) return null;
  return {
    message: `the state would be written to ${name}, which is public: everybody could read what runs where, at what price, who changed it, and why it fails`,
    hint: "set `state.remote` to the URL of a private repository, or consent with `state: { public: true }` in the settings",
  };
}
