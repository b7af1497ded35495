import { UserError } from "../lib/user-error.ts";
import type { ServiceRecord } from "../state/record.ts";
import type { Snapshot } from "../state/store.ts";

/** The record of a service that a person named; an unknown name is exit 2. */
export function recordNamed(name: string, snapshot: Snapshot): ServiceRecord {
  const record = snapshot.services.get(name)?.record ?? null;
  if (record !== null) return record;
  const known = [...snapshot.services].filter(([, state]) => state.record !== null).map(([other]) => other);
  const hint = known.length === 0 ? "nothing is deployed" : `deployed are: ${known.slice(0, 20).join(", ")}`;
  throw new UserError("unknown-service", `no service called ${name} is deployed`, { hint });
}
