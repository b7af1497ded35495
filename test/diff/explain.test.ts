import { describe, expect, it } from "vitest";

import { diffRevisions } from "../../src/diff/compare.ts";
import { explain } from "../../src/diff/explain.ts";
import { service } from "../config/parsing.ts";

const base = "type: service\nname: web\nport: 80\nimage: x\n";

function explained(before: string, after: string) {
  const [old, now] = [before, after].map((lines) => ({ spec: service(`${base}${lines}\n`).spec, files: [] }));
  if (old === undefined || now === undefined) throw new Error("two revisions are needed");
  const { action, changes } = diffRevisions(old, now);
  return explain(action, changes);
}

describe("explain()", () => {
  it.each([
    ["", "", "nothing that is deployed differs", null],
    ["", "replicas: 2", "`replicas` only says how many replicas there are", null],
    [
      "",
      "replicas: 1..2\nscaling: {metric: rps, target: 1}",
      "`replicas` and `scaling` only say how many replicas there are",
      null,
    ],
    ["", "priority: 1", "no running replica notices `priority`", null],
    ["", "env: [A=1]", "`env` is part of what a replica is given", null],
    ["", "env: [A=1]\nuser: a", "`user` and `env` are part of what a replica is given", null],
    ["", "auth: false", "`auth` cannot be updated in a run that exists", null],
    [
      "",
      "auth: false\nmax_price: 2\nenv: [A=1]\nreplicas: 2",
      "`auth` and `max_price` cannot be updated in a run that exists",
      "without `auth` and `max_price`, `replicas` and `env` would be rolled: two commits keep the restart apart",
    ],
    [
      "",
      "tags: {a: b}\nreplicas: 2",
      "`tags` cannot be updated in a run that exists",
      "without `tags`, `replicas` would be applied in place: two commits keep the restart apart",
    ],
    [
      "",
      "stop_criteria: all-done",
      "`stop_criteria` cannot be updated in a run that exists",
      "`stop_criteria` has no effect on services: leave it as it was",
    ],
  ])("from %j to %j", (before, after, reason, hint) => {
    expect(explained(before, after)).toEqual({ reason, hint });
  });
});
