import type { PinnedRepo } from "../config/files.ts";
import { forEachOf } from "../git/concurrent.ts";
import { isUnreachable } from "../git/remote-commit.ts";
import { type Diagnostic, hasErrors } from "../lib/diagnostics.ts";
import { UserError } from "../lib/user-error.ts";
import type { DesiredService } from "../reconciler/plan-document.ts";
import type { App, Project } from "./app.ts";
import type { Desired } from "./desired.ts";

type Answer = { readonly commit: string } | { readonly problem: UserError };

/** Asks the remotes of `repos` which commits their branches have, each once. One that cannot be reached leaves its service as it is, with a warning. */
export async function resolveRepos(app: App, project: Project, desired: Desired): Promise<Desired> {
  if (hasErrors(desired.diagnostics)) return desired;
  const asked = new Map<string, Promise<Answer>>();
  const answered = await forEachOf(desired.services, async (service) => ({
    service,
    answers: await Promise.all(service.repos.map(async (repo) => (repo.commit === null ? ask(repo) : null))),
  }));
  return {
    ...desired,
    services: answered.map(({ service, answers }) => withCommits(service, answers)),
    diagnostics: [
      ...desired.diagnostics,
      ...answered.flatMap(({ service, answers }) =>
        answers.flatMap((answer, index) =>
          answer === null || "commit" in answer ? [] : [diagnosticOf(service, index, answer.problem)],
        ),
      ),
    ],
  };

  function ask({ url, branch }: PinnedRepo): Promise<Answer> {
    const key = JSON.stringify([url, branch]);
    const known = asked.get(key) ?? answerOf(app, project, { url, branch });
    asked.set(key, known);
    return known;
  }
}

async function answerOf(
  app: App,
  project: Project,
  { url, branch }: Pick<PinnedRepo, "url" | "branch">,
): Promise<Answer> {
  try {
    return { commit: await project.repository.remoteCommit(url, branch, app.io.signal) };
  } catch (error) {
    if (!(error instanceof UserError) || app.io.signal.aborted) throw error;
    return { problem: error };
  }
}

function withCommits(service: DesiredService, answers: readonly (Answer | null)[]): DesiredService {
  const repos = service.repos.map((repo, index) => {
    const answer = answers[index] ?? null;
    return answer !== null && "commit" in answer ? { ...repo, commit: answer.commit } : repo;
  });
  return { ...service, repos };
}

function diagnosticOf({ source }: DesiredService, index: number, problem: UserError): Diagnostic {
  const unreachable = isUnreachable(problem);
  const path = `repos[${index}]`;
  return {
    severity: unreachable ? "warning" : "error",
    code: unreachable ? "repos-unpinned" : problem.code,
    message: unreachable
      ? `the branch of \`repos\` entry ${index + 1} could not be read now, so no new commit of it is known: ${problem.message}`
      : `\`repos\` entry ${index + 1}: ${problem.message}`,
    ...(unreachable ? { hint: "`hash` pins a commit without asking" } : {}),
    file: source.file,
    path,
    ...source.locate(path),
  };
}
