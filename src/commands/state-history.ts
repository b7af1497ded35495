import { UserError, exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { askedFor, compactedText, historyJson, historyText, isAnswered } from "../report/history-text.ts";
import type { HistoryQuery } from "../report/history-text.ts";
import { painter } from "../report/style.ts";
import { parseMoment } from "../state/moment.ts";
import type { App } from "./app.ts";
import { say, sayJson, tell } from "./say.ts";

export interface HistoryAsked {
  readonly name: string | null;
  readonly limit: number;
  readonly since: string | null;
}

/** `state history [NAME]`: what happened, newest first. */
export async function stateHistory(app: App, asked: HistoryAsked): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const { compacted } = await world.store.load(app.io.signal);
  const query = queryOf(asked, { leases: app.options.verbose, now: world.clock.now() });
  const history = await app.history(project);
  const past = await history.read((commits) => isAnswered(commits, query), app.io.signal);
  const commits = askedFor(past.commits, query);
  const { name, limit } = asked;
  const isAll = past.whole && askedFor(past.commits, { ...query, limit: limit + 1 }).length <= limit;
  if (app.options.json) {
    sayJson(app, { version: 1, commits: commits.map(historyJson), complete: isAll, compacted: compacted ?? null });
    return exitCodes.success;
  }
  if (commits.length > 0)
    say(app, historyText({ commits, query, verbose: app.options.verbose }, painter(app.io.colors)));
  else tell(app, name === null ? "Nothing of it is recorded." : `Nothing of it is recorded about ${name}.`);
  if (!isAll && commits.length === limit) tell(app, `There is more: \`--limit ${limit * 2}\`.`);
  if (isAll) for (const line of compactedText(compacted, name)) tell(app, line);
  return exitCodes.success;
}

function queryOf(
  { name, limit, since }: HistoryAsked,
  { leases, now }: { readonly leases: boolean; readonly now: number },
): HistoryQuery {
  const moment = since === null ? null : parseMoment(since, now);
  if (since !== null && moment?.kind !== "time")
    throw new UserError("invalid-time", `\`--since ${since}\` is neither a time nor a duration`, {
      hint: "expected a time such as `2026-11-20T08:00:00Z` or `2026-11-20` (UTC), or how long ago, such as `2h`",
    });
  return { name, limit, since: moment?.kind === "time" ? moment.at : null, leases };
}
