import { randomBytes } from "node:crypto";

import { exitCodes, UserError } from "../lib/user-error.ts";
import { textFile } from "./branch.ts";
import type { NewFile, Tip } from "./branch.ts";
import { editsTowards } from "./doctor.ts";
import type { Ailment, Examination, Patient } from "./doctor.ts";
import { encode } from "./encode.ts";
import { boundBy } from "./home.ts";
import { format } from "./schema.ts";
import { messageOf } from "./trailers.ts";

/** What a person consents to besides what is proven. */
export interface Consent {
  /** What this machine saw last takes the place of whatever was written since. */
  readonly seen: boolean;
  /** The branch is this repository's from now on. */
  readonly adopts: boolean;
}

/** What would be done about it; `null`: nothing can be proven to be right. */
export function remedyFor(ailment: Ailment, consent: Consent): string | null {
  switch (ailment.kind) {
    case "lost":
      if (ailment.kept === null || !(ailment.proven || consent.seen)) return null;
      return `bring back generation ${ailment.seen.generation} (commit ${ailment.seen.commit})`;
    case "unreadable":
      if (ailment.belongs !== null) return `move ${ailment.error.path} to ${ailment.belongs.path}`;
      return ailment.good === null ? null : `restore ${ailment.error.path} of commit ${ailment.good.commit}`;
    case "foreign":
      return consent.adopts ? "make the branch this repository's" : null;
  }
}

/** Does it, in one commit on top of what was examined: nothing that was written meanwhile is lost. Gives what was done. */
export async function mend(
  patient: Patient,
  { tip, ailments }: Examination,
  consent: Consent,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const done = ailments.flatMap((ailment) => remedyFor(ailment, consent) ?? []);
  if (done.length === 0) return [];
  const [first] = ailments;
  if (first?.kind === "lost" && tip === null && (await patient.branch.revive?.(first.seen.commit, signal)) === true)
    return done;
  const edits = new Map<string, NewFile | null>();
  let generation = tip?.generation ?? 0;
  for (const ailment of ailments) {
    if (remedyFor(ailment, consent) === null) continue;
    // Whoever has seen the lost commits takes what comes after them.
    if (ailment.kind === "lost") generation = Math.max(generation, ailment.seen.generation);
    for (const [path, file] of await editsFor(ailment, tip, patient)) edits.set(path, file);
  }
  generation += 1;
  const happened = done.map((text) => ({ message: `Repair: ${text}` }));
  const message = messageOf(happened, { generation, nonce: randomBytes(8).toString("hex") });
  const outcome = await patient.branch.write({ parent: tip, edits, message, generation }, signal);
  if (outcome.kind !== "written")
    throw new UserError("state-busy", "somebody wrote to the state branch meanwhile, or the answer was lost", {
      exitCode: exitCodes.failed,
      hint: "run `state repair` again",
    });
  const { commit } = outcome.tip;
  await patient.memory.remember({ commit, generation, stateId: null }).catch(() => {});
  return done;
}

async function editsFor(
  ailment: Ailment,
  tip: Tip | null,
  { branch, identity }: Patient,
): Promise<ReadonlyMap<string, NewFile | null>> {
  switch (ailment.kind) {
    case "lost":
      return ailment.kept === null ? new Map() : editsTowards(branch, { from: tip, to: ailment.kept });
    case "unreadable": {
      const { error, belongs, good } = ailment;
      if (belongs !== null)
        return new Map<string, NewFile | null>([
          [error.path, null],
          [belongs.path, textFile(belongs.text)],
        ]);
      return new Map(good === null ? [] : [[error.path, textFile(good.text)]]);
    }
    case "foreign": {
      if (identity === undefined) return new Map();
      const bound = { ...ailment.format, ...boundBy(ailment.format, identity) };
      return new Map([["format", textFile(encode(format, bound, "format"))]]);
    }
  }
}
