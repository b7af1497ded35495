import { describe, expect, it } from "vitest";

import type { Plan } from "../../src/reconciler/plan-document.ts";
import { inWaves, nextWave } from "../../src/reconciler/waves.ts";
import { planJson } from "../../src/report/plan-json.ts";
import { planText } from "../../src/report/plan-text.ts";
import { service } from "../config/parsing.ts";
import { policy, settled } from "../support/decisions.ts";
import { planOf, snapshotOf } from "../support/planning.ts";

function file(name: string, command = "serve"): string {
  return `type: service\nname: ${name}\nauth: false\nport: 80\ncommands: [${command}]\n`;
}

function recorded(name: string) {
  return settled(service(file(name)).spec);
}

/** What a plan says about one thing, by service. */
function saysAbout(about: string, plan: Plan): Readonly<Record<string, readonly string[]>> {
  const said = plan.services.map(({ name, reasons }) => {
    const texts = reasons.filter((reason) => reason.about === about).map(({ text }) => text);
    return [name, texts] as const;
  });
  return Object.fromEntries(said.filter(([, texts]) => texts.length > 0));
}

describe("waves", () => {
  const names = (waves: readonly (readonly string[])[], services: readonly string[]) =>
    inWaves(
      services.map((name) => ({ name })),
      waves,
    ).map((wave) => wave.map(({ name }) => name));

  it("put services in order, what none names last, and leave empty ones out", () => {
    expect(names([], ["a", "b"])).toEqual([["a", "b"]]);
    expect(names([["c"], ["gone"], ["b", "d"]], ["a", "b", "c", "d", "e"])).toEqual([["c"], ["b", "d"], ["a", "e"]]);
    expect(names([["a"]], [])).toEqual([]);
  });

  describe("are begun one after the other, where what is changed is looked at again and again", () => {
    const change = (name: string) => ({ name, action: "rolling" });
    const same = (name: string) => ({ name, action: "none" });
    const waves = [["a", "b"], ["c"]];
    it.each([
      { name: "the first", services: ["a+", "b", "c+", "d+"], progress: {}, next: { begin: ["a"] } },
      { name: "all of one", services: ["a+", "b+", "c+"], progress: {}, next: { begin: ["a", "b"] } },
      {
        name: "what changes nothing is waited for by nobody",
        services: ["a", "c+"],
        progress: {},
        next: { begin: ["c"] },
      },
      { name: "not yet", services: ["a", "c+"], progress: { a: "working" }, next: "wait" },
      { name: "the next", services: ["a", "c+", "d+"], progress: { a: "settled" }, next: { begin: ["c"] } },
      { name: "what no wave names", services: ["a", "c", "d+"], progress: { c: "working" }, next: "wait" },
      {
        name: "a later one is no hindrance",
        services: ["a+", "c"],
        progress: { c: "working" },
        next: { begin: ["a"] },
      },
      {
        name: "a wave that failed stops the others",
        services: ["a", "b", "c+", "d+"],
        progress: { a: "failed", b: "working" },
        next: { by: ["a"], left: ["c", "d"] },
      },
      {
        name: "one that failed is not tried again and again",
        services: ["a+", "b+", "c+"],
        progress: { a: "failed" },
        next: { by: ["a"], left: ["b", "c"] },
      },
      { name: "nothing", services: ["a", "c"], progress: { a: "working" }, next: { begin: [] } },
    ] as const)("$name", ({ services, progress, next }) => {
      const known: Readonly<Record<string, "settled" | "working" | "failed">> = progress;
      const given = services.map((text) => (text.endsWith("+") ? change(text.slice(0, -1)) : same(text)));
      const found = nextWave(given, { waves, progress: (name) => known[name] ?? null });
      if (found.kind === "begin") expect({ begin: found.services.map(({ name }) => name) }).toEqual(next);
      else expect(found.kind === "wait" ? "wait" : { by: found.by, left: found.left }).toEqual(next);
    });
  });

  const waves = [["db"], ["api", "web"]];
  const within = { ...policy, waves };

  it("are said of what a plan changes", () => {
    const snapshot = snapshotOf(recorded("db"), recorded("api"), recorded("old"));
    const plan = planOf([file("db", "new"), file("api", "new"), file("web"), file("rest")], {
      policy: within,
      snapshot,
    });
    expect(saysAbout("order", plan)).toEqual({
      db: ["wave 1 of 3: changed first"],
      api: ["wave 2 of 3: changed once db has settled"],
      web: ["wave 2 of 3: changed once db has settled"],
      rest: ["wave 3 of 3: changed once api, web have settled"],
      old: ["goes last: once everything that is created or changed serves"],
    });
    expect(JSON.stringify(planJson(plan))).toContain(`{"about":"order","text":"wave 1 of 3: changed first"}`);
    expect(planText(plan, { paint: (_, text) => text, verbose: false })).toContain(
      "order: wave 2 of 3: changed once db",
    );
  });

  it("count only what changes", () => {
    const snapshot = snapshotOf(recorded("db"), recorded("api"));
    expect(saysAbout("order", planOf([file("db"), file("api", "new")], { policy: within, snapshot }))).toEqual({});
    expect(
      saysAbout("order", planOf([file("db", "new")], { policy: within, snapshot: snapshotOf(recorded("db")) })),
    ).toEqual({});
  });

  it("leave each service's part of a plan comparable, whatever becomes of the others", () => {
    const before = planOf([file("db"), file("api", "new")], { snapshot: snapshotOf(recorded("api")) });
    const after = planOf([file("db"), file("api", "new")], { snapshot: snapshotOf(recorded("api"), recorded("db")) });
    expect(after.id).not.toBe(before.id);
    expect(after.contracts.get("api")).toBe(before.contracts.get("api"));
    expect(after.contracts.get("db")).not.toBe(before.contracts.get("db"));
  });
});

describe("a likely rename", () => {
  it("is flagged on both services", () => {
    const plan = planOf([file("chat")], { snapshot: snapshotOf(recorded("llama"), recorded("other")) });
    expect(saysAbout("rename", plan)).toEqual({
      chat: [
        "the same as `llama` but for its name: a second set of replicas is started, `llama` is removed once this one serves, and the URL changes with the name",
      ],
      llama: [
        "the same as `chat` but for its name: removed once `chat` serves under its own URL; whoever uses this one's has to change",
      ],
    });
  });

  it("needs equal specs, one of which goes", () => {
    expect(saysAbout("rename", planOf([file("chat", "else")], { snapshot: snapshotOf(recorded("llama")) }))).toEqual(
      {},
    );
    const both = planOf([file("chat"), file("llama")], { snapshot: snapshotOf(recorded("llama")) });
    expect(saysAbout("rename", both)).toEqual({});
  });
});
