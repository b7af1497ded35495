import type { ServiceRecord } from "../state/record.ts";

/** The acceptance that a run stands for; `null`: of the service's removal. */
export interface OwnTarget {
  readonly born: number;
  readonly acceptance: number | null;
}

/** What a run stands for that accepted this record. */
export function ownTarget({ born, target }: Pick<ServiceRecord, "born" | "target">): OwnTarget {
  return { born, acceptance: target?.acceptance ?? null };
}

/** Whether another acceptance than a run's own is recorded by now: the run that made it goes on, and this one gives up. */
export function isSuperseded(own: OwnTarget | undefined, record: ServiceRecord | null): boolean {
  if (own === undefined) return false;
  if (record === null) return own.acceptance !== null;
  return record.born !== own.born || (record.target?.acceptance ?? null) !== own.acceptance;
}
