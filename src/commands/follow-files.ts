import { renderDiagnostics } from "../config/source-frame.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { acceptPlan } from "../reconciler/accept-plan.ts";
import { isFinal } from "../reconciler/decide/final.ts";
import { isComplete } from "../reconciler/decide/finish.ts";
import type { Plan, PlannedService } from "../reconciler/plan-document.ts";
import { nextWave } from "../reconciler/waves.ts";
import type { NextWave, Progress } from "../reconciler/waves.ts";
import { planText } from "../report/plan-text.ts";
import { painter } from "../report/style.ts";
import type { ServiceRecord } from "../state/record.ts";
import { StateConflict } from "../state/store.ts";
import { readDesired } from "./desired.ts";
import type { LiveTable } from "./live-table.ts";
import { preparePlan, refuseMissingEnv } from "./planning.ts";
import type { Planned } from "./planning.ts";
import { refuseWhatMayNotBe } from "./refusal.ts";
import type { Work } from "./work.ts";

/** How often the files are looked at, in milliseconds: editors write in several steps, and not every file system tells of them. In a large repository ten times as long as a look takes. */
const lookMs = 300;

/** How often is asked whether one wave has settled and the next may begin, in milliseconds: what is planned asks providers, too. */
const waveMs = 2_000;

/** In how many looks in a row a service file must be gone before its service goes. */
const stableLooks = 10;

const longestPauseMs = 30_000;

/** Accepts every edit of the files, as soon as what they say is valid and differs from what they said before. */
export async function followFiles(work: Work, paths: readonly string[], table: LiveTable): Promise<void> {
  const { signal } = work.app.io;
  let accepted = "";
  let tried = "";
  let before = "";
  let same = 0;
  let troubles = 0;
  const begun = new Set<string>();
  while (!signal.aborted) {
    const lookedAt = work.world.clock.now();
    const now = await digestOfFiles(work, paths);
    const took = work.world.clock.now() - lookedAt;
    same = now === before ? same + 1 : 0;
    before = now;
    // A file that is being written, or replaced by deleting it first, is not what somebody wants.
    let pause = Math.max(lookMs, 10 * took);
    if (now !== accepted && same >= 1) {
      const result = await acceptEdit(work, {
        paths,
        table,
        begun,
        isNew: now !== tried,
        removals: same >= stableLooks,
      });
      tried = now;
      if (result === "done") accepted = now;
      troubles = result === "trouble" ? troubles + 1 : 0;
      if (result === "later") pause = Math.max(waveMs, pause);
    }
    // A forge that is away is asked again, ever less often.
    await work.world.clock.sleep(Math.min(longestPauseMs, pause * 2 ** troubles), signal);
  }
}

/** Of everything that the files say, errors included. */
async function digestOfFiles(work: Work, paths: readonly string[]): Promise<string> {
  try {
    const desired = await readDesired(work.app, work.project, paths);
    const services = desired.services.map((service) =>
      [
        service.source.fingerprint,
        ...service.contents.map((content) => content.content),
        ...service.repos.map(({ branch, commit, diff }) => [branch, commit, diff].join()),
      ].join(),
    );
    return [
      ...services,
      ...desired.diagnostics.map(
        (diagnostic) => `${diagnostic.file ?? ""}:${diagnostic.line ?? 0} ${diagnostic.message}`,
      ),
    ].join("\n");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Edit {
  readonly paths: readonly string[];
  readonly table: LiveTable;
  /** Services that were changed here: waves after theirs wait for them. */
  readonly begun: Set<string>;
  /** Nothing was made of these files yet: what failed before is tried again, and stops nothing. */
  readonly isNew: boolean;
  /** Whether files have been gone for long enough. */
  readonly removals: boolean;
}

/** `done`: accepted, or found wrong and said so; `wait`: for the files to be the same for longer; `later`: once a wave has settled; `trouble`: not their fault. */
type Accepted = "done" | "wait" | "later" | "trouble";

async function acceptEdit(work: Work, edit: Edit): Promise<Accepted> {
  const { paths, table } = edit;
  try {
    const planned = await preparePlan(work.app, work.project, work.world, paths);
    const wanted = planned.plan.services.filter((service) => service.action !== "none");
    if (wanted.length === 0) return "done";
    const creations = wanted.filter((service) => service.action !== "destroy");
    const next = nextIn(planned, work, edit);
    if (next.kind === "wait") return "later";
    if (next.kind === "stopped") {
      if (next.left.length > 0) table.line(`Not begun: ${next.left.join(", ")}. ${next.by.join(", ")} failed.`);
      return "done";
    }
    // What replaces something must serve before anything goes.
    const doing = creations.length > 0 ? next.services : wanted;
    if (creations.length === 0 && !(edit.removals && othersServe(planned))) return "wait";
    table.line(
      planText({ ...planned.plan, services: doing } satisfies Plan, {
        paint: painter(work.app.io.colors),
        verbose: work.app.options.verbose,
      }),
    );
    refuseMissingEnv(planned);
    await refuseWhatMayNotBe(work.app, work.project, planned, null);
    await accept(doing, planned.snapshot, work, planned.plan.id);
    for (const { name } of doing) edit.begun.add(name);
    if (doing.length < creations.length) return "later";
    if (doing.length < wanted.length) return "wait";
  } catch (error) {
    if (error instanceof StateConflict) return acceptEdit(work, edit);
    // Whatever it is, it must not end what serves.
    const text = await problemText(work, paths, error);
    table.line(`${text}\nNothing was changed; what runs, runs on.`);
    return isAboutFiles(error) ? "done" : "trouble";
  }
  return "done";
}

/** Wave after wave, as `apply` goes. */
function nextIn({ plan, snapshot }: Planned, work: Work, { begun, isNew }: Edit): NextWave<PlannedService> {
  const known = (name: string): Progress => progressOf(snapshot.services.get(name)?.record ?? null);
  if (isNew) for (const name of begun) if (known(name) !== "working") begun.delete(name);
  const kept = plan.services.filter(({ action, held }) => action !== "destroy" && held === null);
  const { waves } = work.project.settings.policy;
  return nextWave(kept, {
    waves,
    progress: (name) => (begun.has(name) ? known(name) : null),
  });
}

function progressOf(record: ServiceRecord | null): Progress {
  // Somebody has taken it away: nothing of it is waited for.
  if (record === null) return "settled";
  const { verdict } = record;
  if (verdict !== null && (isFinal(record, verdict) || verdict.code === "retry-limit")) return "failed";
  return isComplete(record) && verdict === null ? "settled" : "working";
}

function othersServe({ plan, snapshot }: Planned): boolean {
  const kept = plan.services.filter((service) => service.action !== "destroy");
  return kept.every(({ name }) => {
    const record = snapshot.services.get(name)?.record ?? null;
    return record !== null && isComplete(record) && record.verdict === null;
  });
}

async function accept(
  doing: readonly PlannedService[],
  snapshot: Parameters<typeof acceptPlan>[1],
  work: Work,
  planId: string,
): Promise<void> {
  const acceptance = { by: work.by, planId, now: work.world.clock.now(), generation: snapshot.generation };
  await acceptPlan(doing, snapshot, {
    store: work.world.store,
    leaseOwner: work.world.leaseOwner,
    acceptance,
    signal: work.abort,
  });
  work.session(snapshot.stateId).stir();
}

/** What another look at the same files would find again. */
function isAboutFiles(error: unknown): boolean {
  if (!(error instanceof UserError) || error.code === "state-older") return false;
  return hasErrors(error.diagnostics) || error.exitCode === exitCodes.refused;
}

async function problemText(work: Work, paths: readonly string[], error: unknown): Promise<string> {
  if (!(error instanceof UserError)) return String(error);
  const hint = error.hint === undefined ? "" : ` (${error.hint})`;
  if (!hasErrors(error.diagnostics)) return `${error.message}${hint}`;
  const sources = await readDesired(work.app, work.project, paths).then(
    (desired) => desired.sources,
    () => new Map<string, string>(),
  );
  return renderDiagnostics(error.diagnostics, sources);
}
