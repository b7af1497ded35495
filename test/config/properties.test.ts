import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fingerprint } from "../../src/config/fingerprint.ts";
import { jobDigest, jobOf } from "../../src/config/job.ts";
import { parseServiceFile } from "../../src/config/parse.ts";
import { parseProfiles } from "../../src/config/profiles.ts";
import { parseServices } from "../../src/config/services.ts";
import { parseSettings } from "../../src/config/settings-file.ts";
import { renderDiagnostics } from "../../src/config/source-frame.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { updatePolicy } from "../../src/diff/update-policy.ts";
import { canonicalJson } from "../../src/lib/canonical-json.ts";
import { file } from "./parsing.ts";
import { jsonOf, printed, specOfText, yamlOf } from "./printed.ts";
import { runs } from "./runs.ts";
import { type Configuration, sameMeaning } from "./spellings.ts";

/** Text as people and programs write it: words that YAML takes for something else, signs, other scripts, several lines. */
const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.stringMatching(/^[ \n\t:#'"{}[\]&*!|>%@,?`\\-]{0,12}$/),
  fc.constantFrom("yes", "No", "~", "null", "1.10", "010", "1:30", "1e3", "2024-01-02", "=", ".inf", "0x1F", "1_0"),
);
/** Nothing can be given U+0000, or halves of characters. */
const lasting = texts.filter((text) => text.isWellFormed() && !text.includes("\0"));

const names = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const longTexts: fc.Arbitrary<Configuration> = fc.record({
  commands: fc.array(lasting, { minLength: 1, maxLength: 3 }),
  env: fc.dictionary(names, lasting, { maxKeys: 4 }),
  working_dir: lasting,
  home_dir: lasting,
  image: lasting.filter((image) => image !== ""),
  setup: fc.array(lasting, { maxLength: 2 }),
  regions: fc.array(lasting, { maxLength: 2 }),
  probes: fc.constant([{ type: "http", method: "post", body: "x: 1\n# y\n" }]),
});

/** Any valid service: every property written in one of its ways, and texts of all kinds. */
const anyService: fc.Arbitrary<Configuration> = fc
  .tuple(sameMeaning, fc.option(longTexts, { nil: {} }))
  .map(([[configuration], more]) => {
    const { python: _, docker: __, ...rest } = configuration;
    return { ...("image" in more ? rest : configuration), ...more };
  });

const revisionOf = (spec: ServiceSpec): Parameters<typeof diffRevisions>[0] => ({ spec, files: [] });

describe("a service file", () => {
  it("means the same when its spec is printed and read again", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(anyService, (configuration) => {
        const spec = specOfText(yamlOf(configuration));
        const again = specOfText(yamlOf(printed(spec)));
        expect(again).toEqual(spec);
        expect(fingerprint(again)).toBe(fingerprint(spec));
        expect(yamlOf(printed(again))).toBe(yamlOf(printed(spec)));
      }),
      runs(300),
    );
  });

  it("means the same as JSON, which is YAML", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(anyService, (configuration) => {
        const spec = specOfText(yamlOf(configuration));
        expect(specOfText(jsonOf(printed(spec)))).toEqual(spec);
      }),
      runs(200),
    );
  });
});

describe("a diff", () => {
  const two = fc.tuple(anyService, anyService).map(([a, b]) => [specOfText(yamlOf(a)), specOfText(yamlOf(b))] as const);

  it("lists what differs and nothing else, in the order of the table, with before and after", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(two, ([before, after]) => {
        const { changes } = diffRevisions(revisionOf(before), revisionOf(after));
        const differing = Object.keys(updatePolicy).filter(
          (name) => canonicalJson(valueOf(before, name)) !== canonicalJson(valueOf(after, name)),
        );
        expect(changes.map(({ property }) => property)).toEqual(differing);
      }),
      runs(200),
    );
  });

  it("lists the same properties from either side, and none between equals", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(two, ([a, b]) => {
        const [there, back] = [
          diffRevisions(revisionOf(a), revisionOf(b)),
          diffRevisions(revisionOf(b), revisionOf(a)),
        ];
        expect(back.changes.map(({ property }) => property)).toEqual(there.changes.map(({ property }) => property));
        expect(there.changes.length === 0).toBe(fingerprint(a) === fingerprint(b));
        expect(diffRevisions(revisionOf(a), revisionOf(a))).toEqual({ action: "none", redeploys: false, changes: [] });
      }),
      runs(200),
    );
  });

  it("replaces replicas exactly where the job differs, or the table asks for a new run", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(two, ([a, b]) => {
        // Most pairs need a new run: what needs none is taken from the other.
        const rolled = specWith(a, b, "rolling");
        const { redeploys, changes } = diffRevisions(revisionOf(a), revisionOf(rolled));
        expect(changes.some(({ effect }) => effect === "restart")).toBe(false);
        expect(redeploys).toBe(jobDigest(jobOf(a, [])) !== jobDigest(jobOf(rolled, [])));
      }),
      runs(300),
    );
  });
});

/** A spec with the properties of another that have an effect. */
function specWith(spec: ServiceSpec, other: ServiceSpec, effect: "rolling"): ServiceSpec {
  const taken = Object.entries(other).filter(([name]) => valueOf(updatePolicy, name) === effect);
  return { ...spec, ...Object.fromEntries(taken) };
}

function valueOf(record: object, name: string): unknown {
  return Object.entries(record).find(([key]) => key === name)?.[1];
}

/** Documents with the keys of settings and profiles, and values that fit them or nothing. */
const anyDocument = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    texts,
    fc.constantFrom(
      true,
      false,
      null,
      -1,
      0,
      1,
      1e21,
      0.5,
      "1h",
      "off",
      "local",
      "embedded",
      "nginx",
      "127.0.0.1:80",
      "*/5 * * * *",
    ),
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          "type",
          "name",
          "profiles",
          "default",
          "project",
          "exclude",
          "state",
          "branch",
          "remote",
          "backends",
          "gateways",
          "listen",
          "domain",
          "auth",
          "tokens",
          "policy",
          "rollout",
          "bake",
          "heal",
          "brake",
          "destroy",
          "retry",
          "schedule",
          "cron",
          "tags",
          "max_price",
          "resources",
          "gpu",
          "replicas",
          "probes",
          "env",
          "__proto__",
          "constructor",
        ),
        texts,
      ),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

describe("any document", () => {
  it("is a service, settings or profiles, or has errors with places", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(anyDocument, fc.boolean(), (value, isService) => {
        const whole =
          isService && typeof value === "object" && !Array.isArray(value) ? { ...value, type: "service" } : value;
        const source = file(JSON.stringify(whole) ?? "");
        const [parsed, settings, profiles] = [parseServiceFile(source), parseSettings(source), parseProfiles(source)];
        for (const diagnostics of [parsed.diagnostics, settings.diagnostics, profiles.diagnostics]) {
          expect(diagnostics.every(({ line = 0, column = 0 }) => line > 0 && column > 0)).toBe(true);
          renderDiagnostics(diagnostics, new Map([[source.path, JSON.stringify(whole) ?? ""]]));
        }
        const errors = [parsed, settings, profiles].map(({ diagnostics }) =>
          diagnostics.some(({ severity }) => severity === "error"),
        );
        expect(errors).toEqual([parsed.kind === "invalid", settings.settings === null, profiles.profiles === null]);
        expect(parseServices([source, source]).services.length).toBe(parsed.kind === "service" ? 2 : 0);
      }),
      runs(1000),
    );
  });
});
