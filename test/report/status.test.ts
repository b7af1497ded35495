import { describe, expect, it } from "vitest";

import { parseSettings } from "../../src/config/settings-file.ts";
import { toTimestamp } from "../../src/lib/timestamp.ts";
import { acceptRemoval } from "../../src/reconciler/accept.ts";
import { psJson } from "../../src/report/ps-json.ts";
import { replicaTable } from "../../src/report/replica-table.ts";
import type { ShownService } from "../../src/report/replica-table.ts";
import { statusPages } from "../../src/report/status-pages.ts";
import { replicaError, replicaText, statusOf, statusText } from "../../src/report/status.ts";
import { whyText } from "../../src/report/why-text.ts";
import type { ReplicaError, ReplicaRecord, ServiceRecord, Termination } from "../../src/state/record.ts";
import type { Verdict } from "../../src/state/verdict.ts";
import { accepted, now, serving, settled, submitted } from "../support/decisions.ts";

const at = toTimestamp(now);
const timed = settled({ max_duration: 60 });
const scheduled = settled({ max_duration: 60, schedule: { cron: ["0 8 * * *"] } });
const over = { openedAt: at, seenAt: at, closedAt: at };
const unused = {
  ...settled({ utilization_policy: { min_gpu_utilization: 10, time_window: 300 } }),
  window: { ...over, idle: [{ replica: 0, gpu: "GPU-1", highest: 3 }] },
};

describe("statusOf()", () => {
  it.each<[name: string, status: string, record: ServiceRecord]>([
    ["was just accepted", "pending", accepted(null)],
    ["has asked for its replicas", "submitted", { ...accepted(null), replicas: [submitted(0, 0)] }],
    ["has one that boots", "provisioning", of({ ...submitted(0, 0), status: "provisioning" }, submitted(1, 0))],
    ["has one that pulls its image", "provisioning", of({ ...submitted(0, 0), status: "pulling" })],
    ["has one that runs and one that failed", "running", of(serving(0, 0), failed("exited", 1))],
    ["waits for the next attempt", "pending", of(failed("exited", 1))],
    ["is scaled to zero", "pending", of(ending("scaled-down"))],
    ["is removed", "terminating", acceptRemoval(settled())],
    ["is out of time and drains", "terminating", { ...timed, window: over, replicas: [ending("scaled-down")] }],
    ["is out of time", "done", { ...timed, window: over, replicas: [] }],
    ["was not used", "done", { ...unused, replicas: [] }],
    ["is out of time until its next window", "pending", { ...scheduled, window: over, replicas: [] }],
    ["turned bad with nothing to go back to", "failed", givenUp(accepted(null))],
    ["turned bad, and its earlier deployment runs", "running", { ...settled(), verdict: verdict("unhealthy") }],
    ["turned bad, and its earlier deployment has to start", "pending", { ...of(), verdict: verdict("unhealthy") }],
  ])("of a service that %s is %s", (_, status, record) => {
    expect(statusOf(record)).toBe(status);
  });
});

describe("statusText()", () => {
  it.each<[name: string, text: string, record: ServiceRecord]>([
    ["no backend offers anything", "retrying", { ...accepted(null), verdict: verdict("no-capacity") }],
    ["what was asked for could not be had", "retrying", of(failed("no-capacity", null))],
    ["some of it could, and runs", "running", of(failed("no-capacity", null), serving(1, 0))],
    ["its process ended", "pending", of(failed("exited", 1))],
  ])("of a service of which %s is %s", (_, text, record) => {
    expect(statusText(record)).toBe(text);
  });
});

describe("replicaText() and replicaError()", () => {
  it.each<[text: string, error: string, replica: ReplicaRecord]>([
    ["running", "", serving(0, 0)],
    ["exited (3)", "said", failed("exited", 3)],
    ["exited (0)", "said", failed("exited", 0)],
    ["error", "said", failed("exited", null)],
    ["no offers", "said", failed("no-capacity", null)],
    ["error", "instance unreachable: said", failed("unreachable", null)],
    ["error", "failed to start: said", failed("failed-to-start", null)],
    ["error", "unhealthy: said", failed("unhealthy", null)],
    ["terminating", "said", { ...failed("exited", 3), ...ending("exited"), error: error("exited", 3) }],
    ["terminating", "scaled down", ending("scaled-down")],
    ["terminating", "replaced", ending("replaced")],
    ["terminating", "", ending("removed")],
  ])("say %j and %j", (text, reason, replica) => {
    expect([replicaText(replica, settled()), replicaError(replica, settled())]).toEqual([text, reason]);
  });

  it("say that the time is over, and not that the load is low", () => {
    expect(replicaError(ending("scaled-down"), { ...timed, window: over })).toBe("max duration exceeded");
    expect(replicaError(ending("scaled-down"), unused)).toBe("utilization policy");
  });
});

describe("what people read", () => {
  it("says of a service that was ended for not being used which GPU of it was not", () => {
    const record = { ...unused, replicas: [] };
    const { table, page, why, json } = drawn({ record, status: statusOf(record), replicas: [] });
    expect(table).toMatch(/done .*utilization policy/);
    expect(page).toContain("| web | ○ done (utilization policy) |");
    expect(why).toContain("`utilization_policy` ended it: GPU GPU-1 of replica 0 was used at 3% at most.");
    expect(json).toMatchObject({ services: [{ status: "done", restsBecause: "utilization policy" }] });
  });

  it("says of a service whose time is over why it rests, and nothing of one that is up", () => {
    const record = { ...timed, window: over, replicas: [] };
    expect(drawn({ record, status: "done", replicas: [] }).page).toContain("| web | ○ done (max duration exceeded) |");
    const up = { ...timed, window: { ...over, closedAt: null } };
    expect(drawn({ record: up, status: "running", replicas: [] }).page).toContain("| web | ✓ running |");
  });

  const replica = failed("exited", 3);
  const record = { ...of(replica, failed("no-capacity", null, 1)), name: "web" };
  const shown = { record, status: statusOf(record), replicas: [{ replica, probes: [] }] };

  it("is the same in `ps`, its JSON, the status page and `why`", () => {
    const { table, page, why, json } = drawn(shown);
    for (const text of [table, page, why]) expect(text).toMatch(/retrying[^]*exited \(3\)/);
    expect(why).toContain("said (an event `error` to `retry`), 1 in a row");
    expect(json).toMatchObject({
      services: [
        {
          status: "pending",
          statusMessage: "retrying",
          replicas: [{ status: "failed", statusMessage: "exited (3)" }],
        },
      ],
    });
  });
});

/** A service as each of them shows it. */
function drawn(shown: ShownService) {
  const { settings } = parseSettings(null);
  if (settings === null) throw new Error("there are no settings without a file");
  const { record, replicas } = shown;
  const services = new Map([["web", { record, intents: [], lease: null }]]);
  return {
    table: replicaTable([shown], { paint: (_, text) => text, verbose: true, now }),
    page: statusPages(settings)({ commit: null, generation: 1, stateId: "s", services }).get("README.md") ?? "",
    why: whyText(
      record,
      replicas.map(({ replica }) => replica),
      (_, text) => text,
    ),
    json: psJson([shown], settings),
  };
}

function of(...replicas: readonly ReplicaRecord[]): ServiceRecord {
  return { ...settled(), replicas };
}

function givenUp(record: ServiceRecord): ServiceRecord {
  const quarantined = record.deployments.map(({ fingerprint, acceptance, num }) => ({
    fingerprint,
    acceptance,
    deployment: num,
    at,
  }));
  return { ...record, quarantined, verdict: verdict("unhealthy"), replicas: [failed("exited", 1)] };
}

function failed(code: ReplicaError["code"], exitCode: number | null, num = 0): ReplicaRecord {
  return { ...submitted(num, 0), status: "failed", error: error(code, exitCode), failures: 1 };
}

function error(code: ReplicaError["code"], exitCode: number | null): ReplicaError {
  return { code, exitCode, message: "said", at, retryAt: at };
}

function ending(reason: Termination["reason"]): ReplicaRecord {
  return { ...serving(0, 0), status: "terminating", termination: { reason, since: at, drainUntil: at } };
}

function verdict(code: Verdict["code"]): Verdict {
  return { code, deployment: 0, replica: null, message: "said", at, evidence: {} };
}
