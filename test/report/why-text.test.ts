import { expect, it } from "vitest";

import { painter } from "../../src/report/style.ts";
import { whyText } from "../../src/report/why-text.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { accepted, settled } from "../support/decisions.ts";

const plain = painter(false);

function linesOf(record: ServiceRecord): readonly string[] {
  return whyText(record, [], plain).split("\n");
}

function edited(
  target: Partial<NonNullable<ServiceRecord["target"]>>,
  current: Partial<ServiceRecord["deployments"][0]>,
) {
  const record = accepted(settled(), { commands: ["new"] });
  const deployments = record.deployments.map((each) => (each.num === 1 ? { ...each, ...current } : each));
  return { ...record, target: record.target === null ? null : { ...record.target, ...target }, deployments };
}

const at = "2026-01-01T12:00:00.000Z";

it.each([
  { name: "a surge", record: edited({}, {}), says: [] },
  {
    name: "a canary's share that is being reached",
    record: edited({ strategy: "canary" }, { canary: { step: 0, replicas: 1, share: 0.1, since: null } }),
    says: ["Its strategy is canary.", "Canary step 1 is 10% of the requests, and is being reached."],
  },
  {
    name: "a canary's replicas that are watched",
    record: edited({ strategy: "canary" }, { canary: { step: 1, replicas: 2, share: null, since: at } }),
    says: ["Its strategy is canary.", `Canary step 2 is 2 new, and has stood since ${at}.`],
  },
  {
    name: "a run that took over",
    record: edited({ strategy: "blue-green" }, { tookOverAt: at }),
    says: ["Its strategy is blue-green.", `It took over at ${at}; the run before it stands by.`],
  },
  { name: "one that has settled", record: edited({ strategy: "stop-first" }, { settledAt: at }), says: [] },
])("tells how far $name is", ({ record, says }) => {
  const told = linesOf(record).filter((line) => /strategy|Canary|took over/.test(line));
  expect(told).toEqual(says);
});

it("tells what a canary was judged by", () => {
  const traffic = {
    new: { requests: 50, errors: 10, seconds: 0.25 },
    old: { requests: 200, errors: 2, seconds: 0.2 },
  };
  const verdict = { code: "unhealthy", deployment: 1, replica: 2, message: "bad", at, evidence: { traffic } } as const;
  expect(linesOf({ ...settled(), verdict })).toEqual(
    expect.arrayContaining([
      "  new: 10 of 50 requests failed, 0.250 s on average",
      "  old: 2 of 200 requests failed, 0.200 s on average",
    ]),
  );
});

it("tells what is missed of a replica", () => {
  const record = settled();
  const replicas = record.replicas.map((each) => ({ ...each, unlistedSince: at }));
  expect(whyText(record, replicas, plain)).toContain(
    `ready 2026-01-01T11:00:00.000Z, not listed by its provider since ${at}`,
  );
});
