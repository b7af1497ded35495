import { describe, expect, it } from "vitest";

import { weightsOf } from "../../src/proxy-config/weights.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { serving, settled } from "../support/decisions.ts";

/** A service whose deployment 1 is a canary beside deployment 0. */
function canary(share: number | null | undefined, canaries: number, others: number): ServiceRecord {
  const record = settled();
  const [old] = record.deployments;
  if (old === undefined) throw new Error("a settled service has a deployment");
  const progress = share === undefined ? {} : { canary: { step: 0, replicas: 1, since: null, share } };
  const replicas = Array.from({ length: canaries + others }, (_, num) => serving(num, num < canaries ? 1 : 0));
  const target = record.target === null ? null : { ...record.target, deployment: 1 };
  return {
    ...record,
    target,
    current: 1,
    deployments: [old, { ...old, num: 1, settledAt: null, ...progress }],
    replicas,
  };
}

/** The same once it has settled: what one goes back to may have been a canary, too. */
function settledCanary(): ServiceRecord {
  const record = canary(0.1, 1, 1);
  const settledAt = record.deployments[0]?.settledAt ?? null;
  return { ...record, deployments: record.deployments.map((deployment) => ({ ...deployment, settledAt })) };
}

function weights(record: ServiceRecord): readonly (number | null)[] {
  return record.replicas.map(weightsOf(record, record.replicas));
}

describe("weightsOf() gives", () => {
  it.each([
    { share: 0.1, canaries: 1, others: 1, expected: [1, 9] },
    { share: 0.1, canaries: 1, others: 2, expected: [2, 9, 9] },
    { share: 0.1, canaries: 2, others: 2, expected: [1, 1, 9, 9] },
    { share: 0.5, canaries: 1, others: 3, expected: [3, 1, 1, 1] },
    { share: 0.9, canaries: 1, others: 1, expected: [9, 1] },
    { share: 1, canaries: 1, others: 1, expected: [999, 1] },
  ])("$share of the requests to $canaries beside $others in small numbers", ({ share, canaries, others, expected }) => {
    expect(weights(canary(share, canaries, others))).toEqual(expected);
  });

  it("no more to a canary that is gone back from", () => {
    expect(weights({ ...canary(0.1, 1, 2), current: 0 })).toEqual([2, 9, 9]);
  });

  it("every share to two thousandths, in whole numbers of at least 1", () => {
    const numbers = [1, 2, 3, 7, 10, 97];
    const shares = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.66, 0.75, 0.9, 0.99, 0.999, 1];
    const cases = shares.flatMap((share) => numbers.flatMap((n) => numbers.map((m) => ({ share, n, m }))));
    const wrong = cases.filter(({ share, n, m }) => {
      const given = weights(canary(share, n, m)).map((weight) => weight ?? 0);
      const sum = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0);
      const exact = Math.abs(sum(given.slice(0, n)) / sum(given) - share) <= 0.002;
      return !exact || !given.every((weight) => Number.isInteger(weight) && weight >= 1);
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    ["no canary", canary(undefined, 1, 1)],
    ["none any more, as it has settled", settledCanary()],
    ["no share", canary(null, 1, 1)],
    ["no replica of the canary", canary(0.1, 0, 2)],
    ["no replica but the canary's", canary(0.1, 2, 0)],
  ])("none where there is %s", (_, record) => {
    expect(weights(record)).toEqual([null, null]);
  });
});
