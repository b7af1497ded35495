import { expect, it } from "vitest";

import { defaultPolicy } from "../../src/config/settings.ts";
import { cadenceReasons } from "../../src/reconciler/plan-cadence.ts";
import type { PlanAction } from "../../src/reconciler/plan-document.ts";
import { healthProbe } from "../support/specs.ts";

const scaling = { metric: "rps", target: 1, window: 60, scale_up_delay: 0, scale_down_delay: 0 } as const;
const fixed = { replicas: { min: 2, max: 2 }, scaling: null, probes: [] };
const looks = "`watch` makes one every few seconds, a schedule each time it ticks";
const heals = `healing: a replica that ends is replaced by the next pass: ${looks}`;

it.each([
  { name: "a fixed count", spec: fixed, unhealthyAfter: null, said: [heals] },
  {
    name: "probes",
    spec: { ...fixed, probes: [healthProbe] },
    unhealthyAfter: null,
    said: [
      `${heals}; one that fails its probes after it was ready is not, unless \`policy.heal.unhealthy_after\` is set`,
    ],
  },
  {
    name: "probes that heal",
    spec: { ...fixed, probes: [healthProbe] },
    unhealthyAfter: 4,
    said: [`${heals}; so is one that a pass sees fail a probe 4 times in a row, which a tick has to stay for`],
  },
  {
    name: "scaling from zero",
    spec: { ...fixed, replicas: { min: 0, max: 3 }, scaling },
    unhealthyAfter: null,
    said: [
      heals,
      "from zero: with no replica left, requests are answered with 503 until a pass has seen them and a replica that it starts is ready",
    ],
  },
  {
    name: "scaling from one",
    spec: { ...fixed, replicas: { min: 1, max: 3 }, scaling },
    unhealthyAfter: null,
    said: [heals],
  },
  { name: "no replica", spec: { ...fixed, replicas: { min: 0, max: 0 } }, unhealthyAfter: null, said: [] },
])("a plan of a service with $name says what waits for the next pass", ({ spec, unhealthyAfter, said }) => {
  const heal = { ...defaultPolicy.heal, unhealthyAfter };
  const texts = (action: PlanAction) =>
    cadenceReasons(action, spec, { heal }).map(({ about, text }) => `${about}: ${text}`);
  expect(texts("create")).toEqual(said);
  expect(texts("update")).toEqual([]);
});
