import { expect, it } from "vitest";

import { stillToStart } from "../../src/reconciler/expected.ts";
import { accepted, fresh, serving, settled, submitted } from "../support/decisions.ts";

const three = { replicas: { min: 3, max: 3 } };
const edited = accepted(settled(three), { ...three, env: { VERSION: "2" } });

it.each([
  { what: "nothing is rolled out", record: settled(three), count: 0 },
  { what: "a rollout begins", record: edited, count: 3 },
  {
    what: "one is under way",
    record: { ...edited, replicas: [serving(0, 0), serving(1, 0), serving(2, 0), { ...fresh(3, 1), readyAt: null }] },
    count: 2,
  },
  {
    what: "one has been exchanged and the next is announced",
    record: { ...edited, replicas: [serving(0, 0), serving(1, 0), submitted(2, 1), fresh(3, 1)] },
    count: 2,
  },
  {
    what: "the last one is under way",
    record: { ...edited, replicas: [serving(0, 0), fresh(1, 1), fresh(2, 1), { ...fresh(3, 1), readyAt: null }] },
    count: 0,
  },
  {
    what: "another run is started beside the one that serves, all of it at once",
    record: accepted(settled(three), { ...three, image: "another" }, "whole-run"),
    count: 0,
  },
  { what: "the service is to go", record: { ...edited, target: null }, count: 0 },
])("$count replicas are still to start when $what", ({ record, count }) => {
  expect(stillToStart(record)).toBe(count);
});
