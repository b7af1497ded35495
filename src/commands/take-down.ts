import { acceptedChange } from "../reconciler/accept-plan.ts";
import { acceptRemoval } from "../reconciler/accept.ts";
import { settle } from "../reconciler/settle.ts";
import { StateConflict } from "../state/store.ts";
import { recordedNames } from "./tick.ts";
import type { Work } from "./work.ts";

/** How long ending everything may take, in milliseconds. */
const takeDownMs = 60_000;

/** Ends every recorded service, though the command itself was interrupted already. */
export async function takeDown(work: Work): Promise<void> {
  const { world } = work;
  const abort = AbortSignal.timeout(takeDownMs);
  for (;;) {
    const basis = await world.store.load(abort);
    const changes = [...basis.services.values()].flatMap(({ record, lease }) =>
      record === null ? [] : [acceptedChange(acceptRemoval(record), lease, world.leaseOwner)],
    );
    if (changes.length === 0) return;
    try {
      const message = `everything: removal accepted by ${work.by}`;
      const details = changes.map(({ name }) => name);
      const hurry = AbortSignal.abort();
      const snapshot = await world.store.commit(
        { message, details, by: work.by, services: changes, basis, hurry },
        abort,
      );
      const options = {
        ...work.settleOptions(),
        deadline: work.world.clock.now() + takeDownMs,
        signal: abort,
        abort,
        leave: abort,
        hurry,
      };
      await settle(recordedNames(snapshot), snapshot, work.session(snapshot.stateId), options);
      return;
    } catch (error) {
      if (!(error instanceof StateConflict)) throw error;
    }
  }
}
