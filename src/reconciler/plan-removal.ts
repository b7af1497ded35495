import { policyFor } from "../config/settings.ts";
import { acceptRemoval } from "./accept.ts";
import type { PlanInput, PlannedService } from "./plan-document.ts";
import { drainReasons } from "./plan-reasons.ts";
import { outline } from "./plan-service.ts";
import { rehearse } from "./rehearse.ts";

/** The end of a service that is recorded and no longer desired; empty where that was accepted already. */
export function planRemoval(name: string, input: PlanInput): readonly PlannedService[] {
  const record = input.snapshot.services.get(name)?.record ?? null;
  if (record === null || record.target === null) return [];
  const policy = policyFor(input.policy, name);
  const rehearsal = rehearse(acceptRemoval(record), {
    policy,
    now: input.now,
    offers: [],
    providers: input.providers,
  });
  const base = outline(name, record);
  const file = record.deployments.at(-1)?.file ?? null;
  const held = record.paused === null ? null : `paused by ${record.paused.by}`;
  return [
    {
      ...base,
      file,
      action: held === null ? "destroy" : "none",
      deployment: { from: record.current, to: null },
      price: { ...base.price, after: 0 },
      rehearsal,
      safety: "away",
      held,
      reasons: [
        { about: "destroy", text: `${file ?? "its service file"} is gone` },
        ...drainReasons(rehearsal, policy),
      ],
    },
  ];
}
