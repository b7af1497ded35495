import { describe, expect, it } from "vitest";

import { readPrinted } from "../../src/github/documents.ts";
import { summaryOf } from "../../src/github/summary.ts";

const service = {
  name: "web",
  file: "web.dstack.yml",
  action: "rolling",
  deployment: { from: 0, to: 1 },
  strategy: "surge",
  changes: [{ property: "env", path: "env.A|B", effect: "rolling", file: "web.dstack.yml", line: 7 }],
  replicas: { current: 1, min: 1, max: 4 },
  price: { currency: "USD", unit: "hour", before: 0.22, after: 0.44, max: 0.88 },
  offers: [],
  timeline: [{ at: 0, event: "provision", replica: 1, deployment: 1, detail: "<b>" }],
  reasons: [{ about: "strategy", text: "room for one more" }],
};

const plan = {
  version: 1,
  id: "sha256:1",
  base: null,
  ref: null,
  services: [service, { ...service, name: "idle", action: "none" }],
  diagnostics: [],
};

const outcome = {
  version: 1,
  time: "2026-01-01T00:00:00.000Z",
  event: "outcome",
  ok: false,
  planned: 2,
  done: 1,
  services: [
    { name: "web", result: "settled", verdict: null, evidence: null },
    { name: "api", result: "failed", verdict: "unhealthy", evidence: {} },
  ],
};

const event = {
  version: 1,
  time: "2026-01-01T00:00:00.000Z",
  event: "ready",
  service: "web",
  replica: 0,
  deployment: 0,
  detail: "",
};

const invalid = {
  version: 1,
  diagnostics: [
    { severity: "error", code: "wrong-type", message: "expected a list", file: "web.dstack.yml", line: 3, column: 1 },
  ],
};

const summary = (...documents: readonly unknown[]) =>
  summaryOf("dstack-gitops", readPrinted(documents.map((one) => `${JSON.stringify(one)}\n`).join("")));

describe("summaryOf()", () => {
  it("draws a plan", () => {
    expect(summary(plan)).toBe(`### dstack-gitops

| service | action | deployment | replicas | $/h | note |
| --- | --- | --- | --- | --- | --- |
| web | rolling | 0 → 1 | 1 → 1–4 | 0.22 → 0.44 |  |

<details><summary>web</summary>

| changed property | effect | where |
| --- | --- | --- |
| env.A&#124;B | rolling | web.dstack.yml:7 |

| at | event | replica | detail |
| --- | --- | --- | --- |
| 0 s | provision | 1 | &#60;b&#62; |

- strategy: room for one more

</details>

1 service is unchanged.
`);
  });

  it("draws an outcome, and not the events before it", () => {
    expect(summary(event, outcome)).toBe(`### dstack-gitops

1 of 2 done.

| service | result | verdict |
| --- | --- | --- |
| web | settled |  |
| api | failed | unhealthy |
`);
  });

  it.each([
    { what: "a plan without changes", documents: [{ ...plan, services: [] }], text: "No changes. " },
    {
      what: "the profile of a plan",
      documents: [{ ...plan, profile: "cheap" }],
      text: "Profile: cheap\n\n| service |",
    },
    {
      what: "the profile of a plan without changes",
      documents: [{ ...plan, profile: "cheap", services: [] }],
      text: "Profile: cheap\n\nNo changes. ",
    },
    {
      what: "an outcome of nothing",
      documents: [{ ...outcome, planned: 0, services: [] }],
      text: "There was nothing to do.\n",
    },
    { what: "invalid input", documents: [invalid], text: "| error | web.dstack.yml:3:1 | expected a list |\n" },
    { what: "no documents", documents: [], text: "Nothing was printed.\n" },
  ])("says so of $what", ({ documents, text }) => {
    expect(summary(...documents)).toContain(text);
  });
});
