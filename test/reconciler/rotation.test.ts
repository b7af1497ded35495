import { describe, expect, it } from "vitest";

import { digesterOf, digestKeyIn, digestsOf } from "../../src/config/value-digests.ts";
import { rotatedIn, rotatedServices } from "../../src/reconciler/rotation.ts";
import { rotationDiagnostics, rotationWarnings } from "../../src/report/rotation-text.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { serving, settled } from "../support/decisions.ts";

const key = "0123456789abcdef-key";
const place = { stateId: "s", service: "web" };

describe("digests of values", () => {
  const digester = digesterOf(key, place);

  it.each([
    ["another value", digester.digest("A", "y")],
    ["another name", digester.digest("B", "x")],
    ["another service", digesterOf(key, { ...place, service: "api" }).digest("A", "x")],
    ["another state", digesterOf(key, { ...place, stateId: "t" }).digest("A", "x")],
    ["another key", digesterOf(`${key}2`, place).digest("A", "x")],
    ["a value and a name that are cut elsewhere", digester.digest("Ax", "")],
  ])("differ for %s", (_, other) => {
    expect(other).toMatch(/^[0-9a-f]{16}$/);
    expect(other).not.toBe(digester.digest("A", "x"));
  });

  it("are the same for the same, with the key's name, sorted", () => {
    expect(digestsOf({ B: "1", A: "x" }, digester)).toEqual({
      key: digesterOf(key, place).key,
      values: { A: digester.digest("A", "x"), B: digester.digest("B", "1") },
    });
    expect(digesterOf(`${key}2`, place).key).not.toBe(digester.key);
  });

  it("are none where there are no values", () => {
    expect(digestsOf({}, digester)).toBeNull();
  });

  it.each([
    ["no variable", {}, null],
    ["an empty one", { DSTACK_GITOPS_DIGEST_KEY: "" }, null],
    ["a long one", { DSTACK_GITOPS_DIGEST_KEY: key }, key],
  ])("have a key by %s", (_, environment, expected) => {
    expect(digestKeyIn(environment)).toBe(expected);
  });

  it("are not made with a key that could be guessed", () => {
    expect(() => digestKeyIn({ DSTACK_GITOPS_DIGEST_KEY: "short-canary" })).toThrow(/^(?!.*canary).*shorter than 16/);
  });
});

describe("rotation", () => {
  const digests = digestsOf({ TOKEN: "old", OTHER: "same" }, digesterOf(key, place));
  const record: ServiceRecord = {
    ...settled(),
    replicas: [serving(1, 0), serving(0, 0)].map((replica) => ({
      ...replica,
      ...(digests === null ? {} : { digests }),
    })),
  };
  const now = (values: Readonly<Record<string, string>>, digestKey: string | null = key) => ({
    env: (name: string) => values[name],
    digestKey,
  });

  it("is a name with another value than replicas were given", () => {
    expect(rotatedIn(record, "s", now({ TOKEN: "new", OTHER: "same" }))).toEqual([{ name: "TOKEN", replicas: [0, 1] }]);
  });

  it.each([
    ["all values are the same", now({ TOKEN: "old", OTHER: "same" }), record],
    ["a value is not known here", now({}), record],
    ["there is no key", now({ TOKEN: "new" }, null), record],
    ["the key is another one", now({ TOKEN: "new" }, `${key}2`), record],
    ["no digests are recorded", now({ TOKEN: "new" }), settled()],
    ["the replicas are ending", now({ TOKEN: "new" }), ending(record)],
  ])("is not told where %s", (_, known, recorded) => {
    expect(rotatedIn(recorded, "s", known)).toEqual([]);
  });

  it("is told of each service with what gives the new value, and of one replica as of one", () => {
    const services = new Map([
      ["web", { record: { ...record, replicas: record.replicas.slice(0, 1) }, intents: [], lease: null }],
    ]);
    const rotated = rotatedServices(
      { commit: null, generation: 1, stateId: "s", services },
      now({ TOKEN: "new", OTHER: "newer" }),
    );
    const text =
      "web: OTHER has another value than replica 1 was given; TOKEN has another value than replica 1 was given";
    expect(rotationWarnings(rotated)).toEqual([`note: ${text}: \`restart web\` gives them the new one`]);
    expect(rotationWarnings(rotated, "api")).toEqual([]);
    expect(rotationDiagnostics(rotated)).toEqual([
      { severity: "note", code: "rotated", message: text, hint: "`restart web` gives them the new one" },
    ]);
  });
});

function ending(record: ServiceRecord): ServiceRecord {
  return { ...record, replicas: record.replicas.map((replica) => ({ ...replica, status: "terminating" })) };
}
