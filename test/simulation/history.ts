import { desiredReplicas } from "../../src/reconciler/decide/scale.ts";
import type { ServiceRecord } from "../../src/state/record.ts";

/** One write of a service's record. */
export interface Entry {
  readonly generation: number;
  readonly record: ServiceRecord | null;
  /** How many replicas are to serve at least. */
  readonly floor: number;
  /** When whoever wrote it had last looked at the world. */
  readonly lookedAt: number;
  readonly writtenAt: number;
}

export interface Announcement {
  readonly generation: number;
  readonly record: ServiceRecord;
}

/** All records that the state branch ever held: told from outside, whoever knows of them inside. */
export interface History {
  wrote(service: string, entry: Omit<Entry, "floor">): void;
  /** The newest record of each service. */
  newest(): ReadonlyMap<string, ServiceRecord | null>;
  record(service: string): ServiceRecord | null;
  /** The entry that holds at a generation. */
  at(service: string, generation: number): Entry | null;
  /** The record that was the newest at a moment. */
  asOf(service: string, time: number): ServiceRecord | null;
  /** The lowest floor of the records of these generations, and the earliest look that one was decided by. */
  between(service: string, after: number, upTo: number): { readonly floor: number; readonly lookedAt: number };
  /** The write that announced an attempt first, as far as was heard of it. */
  announced(token: string): Announcement | undefined;
}

export function createHistory(): History {
  const entries = new Map<string, Entry[]>();
  const newest = new Map<string, ServiceRecord | null>();
  const announced = new Map<string, Announcement>();

  return {
    wrote(service, written) {
      const { generation, record } = written;
      const all = entries.get(service) ?? [];
      entries.set(service, all);
      const floor = record === null ? 0 : floorOf(record);
      // Writers hear of their writes in any order.
      const position = all.findLastIndex((entry) => entry.generation < generation) + 1;
      all.splice(position, 0, { ...written, floor });
      newest.set(service, all.at(-1)?.record ?? null);
      for (const replica of record?.replicas ?? [])
        if (record !== null && !announced.has(replica.token)) announced.set(replica.token, { generation, record });
    },
    newest: () => newest,
    record: (service) => newest.get(service) ?? null,
    at: (service, generation) => entries.get(service)?.findLast((entry) => entry.generation <= generation) ?? null,
    asOf: (service, time) => entries.get(service)?.findLast((entry) => entry.writtenAt <= time)?.record ?? null,
    between(service, after, upTo) {
      const all = entries.get(service) ?? [];
      let [floor, lookedAt] = [Infinity, Infinity];
      for (let index = all.length - 1; index >= 0; index -= 1) {
        const entry = all[index];
        if (entry === undefined || entry.generation <= after) break;
        if (entry.generation > upTo) continue;
        floor = Math.min(floor, entry.floor);
        lookedAt = Math.min(lookedAt, entry.lookedAt);
      }
      return { floor, lookedAt };
    },
    announced: (token) => announced.get(token),
  };
}

/** All that are wanted; where one leaves before its successor comes, as many as was said when that was accepted. */
function floorOf(record: ServiceRecord): number {
  const { target } = record;
  return Math.min(desiredReplicas(record), target?.strategy === "stop-first" ? target.floor : Infinity);
}
