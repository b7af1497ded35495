import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import type { Choice } from "../reconciler/sort-strangers.ts";
import { examine } from "../state/doctor.ts";
import type { Ailment, Patient } from "../state/doctor.ts";
import { mend, remedyFor } from "../state/mend.ts";
import type { Consent } from "../state/mend.ts";
import type { App } from "./app.ts";
import { confirm } from "./confirm.ts";
import { repairInstances } from "./repair-instances.ts";
import type { InstanceRepair } from "./repair-instances.ts";
import { sayJson, tell } from "./say.ts";

/** What a person chose. */
export type RepairOptions = Choice & Consent;

/** `state repair`: finds what is wrong with the branch, then with what runs, and mends what can be proven and was consented to. */
export async function stateRepair(app: App, options: RepairOptions): Promise<ExitCode> {
  const project = await app.project();
  const patient = await app.patient(project, options.adopts);
  const branch = await repairBranch(app, patient, options);
  const instances = branch.left.length === 0 ? await repairInstances(app, project, options) : null;
  if (app.options.json) sayJson(app, documentOf(branch, instances, options));
  if (branch.refused || instances?.refused === true) return exitCodes.refused;
  const isLeft = branch.left.length > 0 || instances === null || instances.left.length > 0 || instances.blind.size > 0;
  tell(app, isLeft ? "Something is left that is not mended." : "Nothing is wrong.");
  return isLeft ? exitCodes.failed : exitCodes.success;
}

interface BranchRepair {
  readonly done: readonly string[];
  readonly left: readonly Ailment[];
  readonly refused: boolean;
}

/** Behind what is mended more may come to light: a branch that is there again may hold a file that cannot be read. */
async function repairBranch(app: App, patient: Patient, consent: Consent): Promise<BranchRepair> {
  const done: string[] = [];
  for (;;) {
    const examined = await examine(patient, app.io.signal);
    const { ailments } = examined;
    for (const ailment of ailments) tell(app, textOf(ailment, consent));
    const remedies = ailments.flatMap((ailment) => remedyFor(ailment, consent) ?? []);
    if (remedies.length === 0) return { done, left: ailments, refused: false };
    if (!(await confirm(app, `Mend ${remedies.length === 1 ? "this" : `these ${remedies.length}`}?`)))
      return { done, left: ailments, refused: true };
    const mended = await mend(patient, examined, consent, app.io.signal);
    for (const text of mended) tell(app, `Done: ${text}`);
    done.push(...mended);
    if (mended.length < ailments.length)
      return { done, left: ailments.filter((each) => remedyFor(each, consent) === null), refused: false };
  }
}

function textOf(ailment: Ailment, consent: Consent): string {
  const remedy = remedyFor(ailment, consent);
  const what = remedy === null ? `  ${adviceFor(ailment)}` : `  to mend it: ${remedy}`;
  return `${ailment.error.message}\n${what}`;
}

function adviceFor(ailment: Ailment): string {
  switch (ailment.kind) {
    case "lost":
      if (ailment.kept === null) return `${ailment.error.hint ?? ""} (the commit is not on this machine)`;
      return `something was written since: look at both, then \`--seen\` takes what this machine saw (commit ${ailment.seen.commit}), or remove what the memory says to go on with the branch. ${ailment.error.hint ?? ""}`;
    case "unreadable":
      return "no version of it in the branch's history can be read: correct it by hand";
    case "foreign":
      return ailment.error.hint ?? "";
  }
}

function documentOf(branch: BranchRepair, instances: InstanceRepair | null, consent: Consent) {
  return {
    version: 1,
    done: [...branch.done, ...(instances?.done ?? [])],
    left: branch.left.map((ailment) => ({
      code: ailment.error.code,
      message: ailment.error.message,
      remedy: remedyFor(ailment, consent),
      ...(ailment.kind === "unreadable"
        ? {
            file: ailment.error.path,
            line: ailment.error.place?.line ?? null,
            column: ailment.error.place?.column ?? null,
            lastGood: ailment.good === null ? null : { commit: ailment.good.commit, time: ailment.good.time },
          }
        : {}),
    })),
    instances: instances?.shown ?? [],
    blind: [...(instances?.blind ?? [])].map(([backend, reason]) => ({ backend, reason })),
  };
}
