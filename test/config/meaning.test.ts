import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";

import { fingerprint } from "../../src/config/fingerprint.ts";
import { readService } from "../../src/config/read-service.ts";
import { type Issue, root } from "../../src/config/schema/schema.ts";
import { readSource } from "../../src/config/source.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { isMapping } from "../../src/config/yaml/value.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { updatePolicy } from "../../src/diff/update-policy.ts";
import { file } from "./parsing.ts";
import { type Configuration, oneChange, sameMeaning } from "./spellings.ts";

/** The spec of a service written as YAML 1.1; fails with what is wrong. */
function specOf(configuration: Configuration): ServiceSpec {
  const text = stringify(configuration, { version: "1.1" });
  const { value } = readSource(file(text));
  const issues: Issue[] = [];
  const spec = isMapping(value) ? readService(value, null, root(issues)).spec : null;
  const errors = issues.filter(({ severity }) => severity === "error");
  if (spec === null || errors.length > 0) throw new Error(`${text}\n${JSON.stringify(errors, null, 2)}`);
  return spec;
}

/** A spec as a service file again: what is `null` is left out, and bare names need a list. */
function printed(spec: ServiceSpec): Configuration {
  const env = Object.entries(spec.env).map(([name, value]) => (value === null ? name : `${name}=${value}`));
  const given = Object.entries(spec).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), env };
}

function revision(configuration: Configuration): Parameters<typeof diffRevisions>[0] {
  return { spec: specOf(configuration), files: [] };
}

describe("a service's meaning", () => {
  it("has one spec and one fingerprint, however it is written", () => {
    fc.assert(
      fc.property(sameMeaning, ([a, b]) => {
        const [one, other] = [specOf(a), specOf(b)];
        expect(other).toEqual(one);
        expect(fingerprint(other)).toBe(fingerprint(one));
        expect(diffRevisions(revision(a), revision(b))).toEqual({ action: "none", redeploys: false, changes: [] });
      }),
      { numRuns: 500 },
    );
    expect.hasAssertions();
  });

  it("survives being printed and read again", () => {
    fc.assert(
      fc.property(sameMeaning, ([configuration]) => {
        const spec = specOf(configuration);
        expect(specOf(printed(spec))).toEqual(spec);
      }),
      { numRuns: 500 },
    );
    expect.hasAssertions();
  });

  it("changes in one property when one is changed, with the table's effect or none on replicas", () => {
    fc.assert(
      fc.property(oneChange, ({ before, after, property }) => {
        const { changes, redeploys, action } = diffRevisions(revision(before), revision(after));
        expect(changes.map((change) => change.property)).toEqual([property]);
        const [effect] = changes.map((change) => change.effect);
        const table = Object.entries(updatePolicy).find(([name]) => name === property)?.[1];
        expect(effect === table || (table === "rolling" && effect === "in-place")).toBe(true);
        expect(redeploys).toBe(effect !== "in-place");
        expect(action === "restart").toBe(effect === "restart");
      }),
      { numRuns: 500 },
    );
    expect.hasAssertions();
  });
});
