import { expect, test } from "vitest";

import { apiOf } from "../../src/github/api.ts";
import { runLiveness } from "../../src/github/run-liveness.ts";
import type { LeaseOwner } from "../../src/state/lease-record.ts";
import { startGitHubApi } from "../support/github-api.ts";
import type { ApiFault, GitHubApi } from "../support/github-api.ts";
import { ownerOf } from "../support/state-values.ts";

const token = "ghs_not-to-be-shown";
const runs = "/repos/acme/services/actions/runs/4711";
const job = "/repos/acme/services/actions/jobs/99";
const ofJob = { id: 99, run_id: 4711, check_run_url: "https://api.github.com/repos/acme/services/check-runs/99" };

/** GitHub, somebody who asks it, and a clock that only moves when it is told to. */
async function scene(resources: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}, timeout = 30_000) {
  const api = await startGitHubApi(token);
  for (const [path, members] of Object.entries(resources)) api.resources.set(path, members);
  let now = Date.parse("2026-01-01T12:00:00.000Z");
  const clock = { now: () => now, sleep: async () => {} };
  const isAlive = runLiveness({ api: api.url, token, clock, timeout });
  const owner = (overrides: Partial<LeaseOwner> = {}, id?: number): LeaseOwner =>
    ownerOf("a", {
      run: "acme/services/runs/4711",
      attempt: 2,
      github: id === undefined ? { api: api.url } : { api: api.url, job: id },
      ...overrides,
    });
  return {
    api,
    isAlive,
    owner,
    pass: (ms: number) => void (now += ms),
    [Symbol.asyncDispose]: async () => api[Symbol.asyncDispose](),
  };
}

const asked = ({ requests }: GitHubApi): readonly string[] => requests.map(({ operation }) => operation);

test.each([
  ["completed", false],
  ["in_progress", true],
  ["queued", true],
  ["waiting", true],
  ["requested", true],
  ["pending", true],
  ["something new", "unknown"],
  [null, "unknown"],
])("an attempt that is %s: alive is %s", async (status, alive) => {
  await using it = await scene({ [`${runs}/attempts/2`]: { status, run_attempt: 2 } });
  expect(await it.isAlive(it.owner())).toBe(alive);
  expect(asked(it.api)).toEqual(["actions/get-workflow-run-attempt"]);
  expect(it.api.requests[0]?.headers).toMatchObject({ accept: "application/vnd.github.v3+json" });
});

test.each([
  ["completed", "in_progress", false],
  ["in_progress", "in_progress", true],
  ["in_progress", "completed", true],
])(
  "a job that is %s in a run that is %s: alive is %s, since the others of its run may go on",
  async (status, run, alive) => {
    await using it = await scene({
      [job]: { ...ofJob, status, run_attempt: 2 },
      [`${runs}/attempts/2`]: { status: run },
    });
    expect(await it.isAlive(it.owner({}, 99))).toBe(alive);
    expect(asked(it.api)).toEqual(["actions/get-job-for-workflow-run"]);
  },
);

test.each([
  ["of another run", { run_id: 1 }],
  ["of another attempt", { run_attempt: 1 }],
  ["of another check", { check_run_url: "https://api.github.com/repos/acme/services/check-runs/98" }],
])("a job %s says nothing: the attempt does", async (_, members) => {
  await using it = await scene({
    [job]: { ...ofJob, status: "completed", run_attempt: 2, ...members },
    [`${runs}/attempts/2`]: { status: "in_progress" },
  });
  expect(await it.isAlive(it.owner({}, 99))).toBe(true);
});

test.each([
  ["a newer attempt", { status: "in_progress", run_attempt: 3 }, false],
  ["that attempt, over", { status: "completed", run_attempt: 2 }, false],
  ["that attempt, going on", { status: "in_progress", run_attempt: 2 }, true],
])("where the attempt is not found, the run tells: %s", async (_, members, alive) => {
  await using it = await scene({ [runs]: members });
  expect(await it.isAlive(it.owner())).toBe(alive);
  expect(asked(it.api)).toEqual(["actions/get-workflow-run-attempt", "actions/get-workflow-run"]);
});

test.each<readonly [string, ApiFault | null]>([
  ["is not found", null],
  ["may not be seen", { kind: "status", status: 403 }],
  ["asks for another token", { kind: "status", status: 401 }],
  ["has called too often", { kind: "status", status: 429, headers: { "retry-after": "20" } }],
  ["fails", { kind: "status", status: 500 }],
  ["answers nonsense", { kind: "garbage" }],
  ["does not answer", { kind: "hang" }],
  ["breaks off", { kind: "reset" }],
])("nothing is known of a run where GitHub %s", async (_, fault) => {
  await using it = await scene({}, fault?.kind === "hang" ? 200 : 30_000);
  it.api.fault = fault;
  expect(await it.isAlive(it.owner())).toBe("unknown");
  expect(await it.isAlive(it.owner({}, 99))).toBe("unknown");
});

test.each<readonly [string, ApiFault | null, number]>([
  ["answers", null, 10_000],
  ["wants to be left alone", { kind: "status", status: 429, headers: { "retry-after": "20" } }, 20_000],
  [
    "wants to be left alone for longer than a run lasts",
    { kind: "status", status: 403, headers: { "retry-after": "9999" } },
    300_000,
  ],
  [
    "has a limit that is used up",
    {
      kind: "status",
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${Date.parse("2026-01-01T12:01:00Z") / 1000}` },
    },
    60_000,
  ],
  ["limits without saying for how long", { kind: "status", status: 429 }, 60_000],
])("it is asked again only after a while where it %s", async (_, fault, ms) => {
  await using it = await scene({ [`${runs}/attempts/2`]: { status: "in_progress" } });
  it.api.fault = fault;
  await Promise.all([it.isAlive(it.owner()), it.isAlive(it.owner())]);
  it.pass(ms - 1);
  await it.isAlive(it.owner());
  expect(it.api.requests).toHaveLength(1);
  it.pass(1);
  await it.isAlive(it.owner());
  expect(it.api.requests).toHaveLength(2);
});

test("what is over is never asked for again", async () => {
  await using it = await scene({ [`${runs}/attempts/2`]: { status: "completed" } });
  expect(await it.isAlive(it.owner())).toBe(false);
  it.pass(24 * 3_600_000);
  expect(await it.isAlive(it.owner())).toBe(false);
  expect(it.api.requests).toHaveLength(1);
});

test.each<readonly [string, Partial<LeaseOwner>]>([
  ["of a person's shell", { run: "laptop:4711" }],
  ["that names another server: the token is for this one alone", { github: { api: "http://127.0.0.1:9" } }],
  ["whose name leads elsewhere", { run: "acme/services/../../user/runs/4711" }],
])("nobody is asked about an owner %s", async (_, overrides) => {
  await using it = await scene();
  expect(await it.isAlive(it.owner(overrides))).toBe("unknown");
  expect(await it.isAlive(ownerOf("a", { run: "acme/services/runs/4711" }))).toBe("unknown");
  expect(it.api.requests).toEqual([]);
});

test.each([
  [{}, null, { api: "https://api.github.com", token: null }],
  [{ GITHUB_TOKEN: "a" }, null, { api: "https://api.github.com", token: "a" }],
  [{ GITHUB_TOKEN: "", DSTACK_GITOPS_TOKEN: "b" }, "https://github.com/a/b", { token: "b" }],
  [{ GITHUB_TOKEN: "a", DSTACK_GITOPS_TOKEN: "b" }, "https://github.com/a/b", { token: "a" }],
  // Another forge's token is none of GitHub's business.
  [{ DSTACK_GITOPS_TOKEN: "b" }, "https://forge.example/a/b", { token: null }],
  [{ DSTACK_GITOPS_TOKEN: "b" }, null, { token: null }],
  [
    { GITHUB_SERVER_URL: "https://ghe.example", GITHUB_TOKEN: "a" },
    null,
    { api: "https://ghe.example/api/v3", token: "a" },
  ],
  [{ GITHUB_API_URL: "https://api.ghe.example", GITHUB_TOKEN: "a" }, null, { api: "https://api.ghe.example" }],
])("with %o and state at %s GitHub's API is %o", (env, stateUrl, expected) => {
  expect(apiOf(env, stateUrl)).toMatchObject(expected);
});

test("a redirect to another server is followed without the token", async () => {
  await using it = await scene();
  await using other = await startGitHubApi(token);
  const path = `${runs}/attempts/2`;
  other.resources.set(path, { status: "completed", run_attempt: 2 });
  it.api.fault = { kind: "status", status: 302, headers: { location: `${other.url}${path}` } };
  expect(await it.isAlive(it.owner())).toBe("unknown");
  expect(it.api.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  expect(other.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(other.requests)).not.toContain(token);
});
