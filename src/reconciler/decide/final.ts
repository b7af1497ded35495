import type { ServiceRecord } from "../../state/record.ts";
import type { Verdict } from "../../state/verdict.ts";
import { deploymentOf } from "./draft.ts";

/** Whether a verdict is about the accepted revision and stays until another one, or the same again, is accepted; others end with what they are about. */
export function isFinal(record: ServiceRecord, { code }: Pick<Verdict, "code">): boolean {
  if (code === "unhealthy" || code === "stuck") return true;
  if (code !== "no-capacity" || record.target === null) return false;
  return deploymentOf(record, record.target.deployment).gaveUpAt !== undefined;
}
