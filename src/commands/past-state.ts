import { toTimestamp } from "../lib/timestamp.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { findMoment, momentForms, parseMoment, tells } from "../state/moment.ts";
import type { Past, PastCommit } from "../state/past.ts";
import type { Snapshot } from "../state/store.ts";
import type { App, Project } from "./app.ts";

/** The state as it was at a moment that a person names; what cannot be found says what there is. */
export async function pastState(
  app: App,
  project: Project,
  { text, now }: { readonly text: string; readonly now: number },
): Promise<Snapshot> {
  const moment = parseMoment(text, now);
  if (moment === null)
    throw new UserError("invalid-moment", `\`${text}\` names no state`, { hint: `expected ${momentForms}` });
  const history = await app.history(project);
  const past = await history.read(tells(moment), app.io.signal);
  const found = findMoment(moment, past);
  if (found.kind === "found") return history.at(found.commit, app.io.signal);
  if (found.kind === "ambiguous") {
    const named = found.commits.slice(0, 5).map(({ commit }) => commit.slice(0, 16));
    throw new UserError("ambiguous-commit", `\`${text}\` is the beginning of ${found.commits.length} commits`, {
      hint: `give more digits: ${named.join(", ")}`,
    });
  }
  throw new UserError("no-such-state", `the state branch has no state \`${text}\``, {
    exitCode: exitCodes.usage,
    hint: rangeOf(past),
  });
}

function rangeOf({ commits }: Past): string {
  const [newest, oldest] = [commits[0], commits.at(-1)];
  if (newest === undefined || oldest === undefined) return "nothing is recorded yet";
  return `there is everything from ${named(oldest)} to ${named(newest)}; \`state history\` lists it, and tells what was compacted`;
}

function named({ generation, commit, at }: PastCommit): string {
  return `g${generation} (${toTimestamp(at)}, commit ${commit.slice(0, 10)})`;
}
