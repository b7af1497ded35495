import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { LocalContext } from "./context.ts";
import { makePrivate, removeIfEmpty, replicasDirectory } from "./dispose.ts";
import { hasCode } from "./process-identity.ts";
import { stagingName } from "./staging.ts";
import { startSupervisor } from "./start-supervisor.ts";
import type { WaitingSupervisor } from "./start-supervisor.ts";

/** Supervisors for replicas to come: while a rollout waits for one replica, the supervisor of the next is started. */
export interface Spares {
  /** One that waits already, or a new one. */
  take(): Promise<WaitingSupervisor>;
  /** How many replicas of a service are still to come, one after the other. With none of any, no spare is left behind. */
  expect(service: string, count: number): Promise<void>;
}

export function createSpares(context: LocalContext): Spares {
  const expected = new Map<string, number>();
  let spare: Promise<WaitingSupervisor | null> | null = null;
  return {
    async take() {
      const waiting = await hand();
      if (waiting?.isAlive() === true) return waiting;
      if (waiting !== null) await remove(waiting);
      return start(context);
    },
    async expect(service, count) {
      if (count > 0) expected.set(service, count);
      else expected.delete(service);
      // One that cannot be started is not missed before it is needed, and says why then.
      if (expected.size > 0) spare ??= start(context).catch(() => null);
      else await end();
    },
  };

  async function end(): Promise<void> {
    const waiting = await hand();
    if (waiting !== null) await remove(waiting);
  }

  /** It is nobody else's from here on. */
  function hand(): Promise<WaitingSupervisor | null> {
    const waiting = spare;
    spare = null;
    return waiting ?? Promise.resolve(null);
  }

  async function remove(waiting: WaitingSupervisor): Promise<void> {
    waiting.kill();
    await rm(waiting.staging, { recursive: true, force: true });
    await removeIfEmpty(context.places);
  }
}

async function start(context: LocalContext): Promise<WaitingSupervisor> {
  const isolation = await context.isolation();
  const staging = await makeStaging(context);
  try {
    return await startSupervisor(isolation, staging, context.environment);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/** The directory may be removed by the end of its last replica at any moment, until there is something in it. */
async function makeStaging(context: LocalContext): Promise<string> {
  const replicas = replicasDirectory(context.places);
  for (let attempt = 1; ; attempt += 1) {
    const staging = join(replicas, stagingName(context));
    try {
      await makePrivate(replicas);
      await mkdir(staging, { mode: 0o700 });
      return staging;
    } catch (error) {
      if (attempt === 10 || !hasCode(error, "ENOENT")) throw error;
    }
  }
}
