import { expect, it } from "vitest";

import { notActedOnYet, unmetBy } from "../../src/reconciler/acts-on.ts";
import { service } from "../config/parsing.ts";

it.each([
  ["model: m", "model"],
  ["rate_limits: [{rps: 1}]", "rate_limits"],
])("%s asks for what nothing acts on yet", (lines, property) => {
  const { spec } = service(`type: service\nname: web\nport: 80\nimage: x\n${lines}\n`);
  expect(unmetBy(spec).map((each) => each.property)).toEqual([property]);
  expect(notActedOnYet).toContain(property);
});

it.each([
  "",
  "max_duration: off",
  "utilization_policy: {min_gpu_utilization: 10, time_window: 1h}",
  "retry: true",
  "tags: {a: b}",
  "rate_limits: []",
])("%j asks for nothing of it", (lines) => {
  expect(unmetBy(service(`type: service\nname: web\nport: 80\nimage: x\n${lines}\n`).spec)).toEqual([]);
});
