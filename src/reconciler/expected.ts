import type { ServiceRecord } from "../state/record.ts";
import { currentDeployment, isAlive } from "./decide/draft.ts";
import { desiredReplicas } from "./decide/scale.ts";
import type { World } from "./world.ts";

/** Tells the backends how many replicas a service will ask for soon, so that they can make ready what these have in common. */
export async function expectReplicas({ backends }: World, service: string, count: number): Promise<void> {
  await Promise.all([...backends.values()].flatMap((backend) => backend.expect?.(service, count) ?? []));
}

/** How many replicas a rollout has still to start, one after the other; 0 where none is exchanged for another. */
export function stillToStart(record: ServiceRecord): number {
  if (record.target === null || currentDeployment(record).run !== record.run) return 0;
  const alive = record.replicas.filter(isAlive);
  const fresh = alive.filter((replica) => replica.deployment === record.current);
  if (fresh.length === alive.length) return 0;
  const called = fresh.filter((replica) => replica.status !== "submitted");
  return Math.max(0, desiredReplicas(record) - called.length);
}
