import { expect, it } from "vitest";

import { notActedOnYet, unmetBy } from "../../src/reconciler/acts-on.ts";
import { service } from "../config/parsing.ts";

it.each([
  ["model: m", "model"],
  ["replicas: 1..2\nscaling: {metric: rps, target: 1}", "scaling"],
  ["rate_limits: [{rps: 1}]", "rate_limits"],
  ["schedule: {cron: '0 8 * * *'}", "schedule"],
  ["max_duration: 1h", "max_duration"],
  ["utilization_policy: {min_gpu_utilization: 10, time_window: 1h}", "utilization_policy"],
])("%s asks for what nothing acts on yet", (lines, property) => {
  const { spec } = service(`type: service\nname: web\nport: 80\nimage: x\n${lines}\n`);
  expect(unmetBy(spec).map((each) => each.property)).toEqual([property]);
  expect(notActedOnYet).toContain(property);
});

it.each(["", "max_duration: off", "retry: true", "tags: {a: b}", "rate_limits: []"])(
  "%j asks for nothing of it",
  (lines) => {
    expect(unmetBy(service(`type: service\nname: web\nport: 80\nimage: x\n${lines}\n`).spec)).toEqual([]);
  },
);
