import { describe, expect, test } from "vitest";

import { acceptanceOf, happeningOf } from "../../src/reconciler/commit-message.ts";
import type { Decision } from "../../src/reconciler/decide.ts";
import { recordOf } from "../support/state-values.ts";

type Note = Decision["notes"][number];

function decision(...notes: readonly Note[]): Decision {
  return { record: recordOf("web"), actions: [], notes, wakeAt: null, state: "working" };
}

const of = (event: Note["event"], replica: number | null, detail: string): Note => ({
  event,
  replica,
  deployment: replica === null ? null : 2,
  detail,
});

describe("what a state commit says of a pass", () => {
  test.for([
    { notes: [], message: "web: goes on" },
    { notes: [of("running", 0, "on local (local)")], message: "web: goes on" },
    { notes: [of("ready", 0, "probes passed")], message: "web: replica 0 is ready" },
    {
      notes: [of("ready", 2, "x"), of("ready", 0, "x"), of("ready", 1, "x"), of("drain", 3, "replaced")],
      message: "web: replicas 0, 1 and 2 are ready, drain replica 3",
    },
    {
      notes: [of("terminate", 0, "ended"), of("record", null, "deployment 1 has settled")],
      message: "web: deployment 1 has settled, replica 0 has ended",
    },
    { notes: [of("terminate", 0, "unhealthy")], message: "web: end replica 0" },
    {
      notes: [of("wait", 0, "until another has left"), of("drain", 1, "replaced")],
      message: "web: drain replica 1, replica 0 waits",
    },
    {
      notes: [
        of("verdict", 0, "unhealthy: replica 0 of deployment 2 was not ready within 4 s of running"),
        of("note", null, "going back to deployment 1"),
        of("terminate", 0, "unhealthy"),
      ],
      message: "web: unhealthy, going back to deployment 1, end replica 0",
    },
  ])("$message", ({ notes, message }) => {
    expect(happeningOf("web", decision(...notes)).message).toBe(message);
  });

  test("stays a line that tools show whole, and keeps what it leaves out below", () => {
    const many = Array.from({ length: 30 }, (_, num) => of("ready", num, "probes passed"));
    const long = happeningOf("web", decision(...many, of("note", null, `so ${"long ".repeat(30)}`)));
    expect(long.message.length).toBeLessThanOrEqual(72);
    expect(long.details).toHaveLength(31);
    expect(long.details?.[0]).toBe("ready replica 0, deployment 2: probes passed");
  });

  test("says the evidence of a verdict below the line", () => {
    const verdict = "no-capacity: nothing is offered";
    expect(happeningOf("web", decision(of("verdict", null, verdict)))).toEqual({
      message: "web: no-capacity",
      details: [verdict],
    });
  });
});

describe("what a state commit says of an acceptance", () => {
  const web = { name: "web", record: recordOf("web") };
  const gone = { name: "old", record: recordOf("old", { target: null }) };

  test.for([
    {
      changes: [web],
      happening: { message: "web: deployment 0 accepted by ada", details: ["rolling, from the work tree"], by: "ada" },
    },
    { changes: [gone], happening: { message: "old: removal accepted by ada", details: [], by: "ada" } },
    {
      changes: [web, gone],
      happening: {
        message: "web, old: accepted by ada",
        details: ["web: deployment 0, rolling, from the work tree", "old: removal"],
        by: "ada",
      },
    },
  ])("$happening.message", ({ changes, happening }) => {
    expect(acceptanceOf(changes, [{ name: "web", action: "rolling" }], "ada")).toEqual(happening);
  });

  test("names the commit that a revision was read from", () => {
    const { target } = recordOf("web");
    const record = recordOf("web", { target: target === null ? null : { ...target, commit: "0123456789abcdef" } });
    expect(acceptanceOf([{ name: "web", record }], [{ name: "web", action: "create" }], "ada").details).toEqual([
      "create, from commit 0123456789ab",
    ]);
  });
});
