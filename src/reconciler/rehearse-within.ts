import type { ServiceRecord } from "../state/record.ts";
import { hourlyOf } from "./course-figures.ts";
import { isLimited } from "./decide/budget.ts";
import { noOthers } from "./decide/others.ts";
import type { Rehearsal, Scene } from "./rehearsal.ts";
import { rehearseOnce } from "./rehearse-once.ts";
import { rehearse } from "./rehearse.ts";

/**
 * The rehearsal within the budgets, beside what the other services cost now. What it may cost at most is taken from one
 * without budgets: whether that fits is the plan's to say. Pure.
 */
export function rehearseWithin(record: ServiceRecord, scene: Scene): Rehearsal {
  const free = { ...scene, policy: { ...scene.policy, budget: noBudget, services: {} } };
  if (!isLimited(record, scene.policy)) return rehearse(record, free);
  // Worked out once, however many passes ask.
  const others = scene.others?.() ?? noOthers;
  return { ...rehearse(record, { ...scene, others: () => others }), hourly: hourlyOf(rehearseOnce(record, free)) };
}

const noBudget = { hourly: null, monthly: null } as const;
