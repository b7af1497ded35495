import { expect, test } from "vitest";

import { toTimestamp } from "../../src/lib/timestamp.ts";
import { decide } from "../../src/reconciler/decide.ts";
import type { ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { accepted, allWell, instanceOf, now, policy, serving, settled, submitted } from "../support/decisions.ts";

const ago = (seconds: number): string => toTimestamp(now - seconds * 1000);

test("what was announced in the run that serves waits for those that leave, though a later run stands beside it", () => {
  const whole = settled();
  const leaving: ReplicaRecord = {
    ...serving(0, 0),
    status: "terminating",
    termination: { reason: "replaced", since: ago(1), drainUntil: toTimestamp(now + 30_000) },
  };
  const announced = { ...submitted(2, 0), submittedAt: ago(1) };
  const record = accepted(
    { ...whole, attempts: 3, replicas: [leaving, serving(1, 0), announced] },
    { strip_prefix: false },
    "whole-run",
  );
  const called = (from: ServiceRecord): readonly string[] =>
    decide(from, {
      policy,
      now,
      observed: allWell(from, {
        instances: new Map(
          from.replicas.filter(({ instance }) => instance !== null).map((each) => [each.token, instanceOf(each)]),
        ),
      }),
    }).actions.flatMap(({ kind, replica }) => (kind === "provision" ? [`${replica.num}/${replica.deployment}`] : []));
  expect(called(record)).not.toContain("2/0");
  expect(called({ ...record, replicas: record.replicas.filter((each) => each !== leaving) })).toContain("2/0");
});
