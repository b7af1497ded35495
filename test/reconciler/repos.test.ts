import { describe, expect, it } from "vitest";

import type { PinnedRepo } from "../../src/config/files.ts";
import { jobDigest, jobOf } from "../../src/config/job.ts";
import { contentId } from "../../src/git/content-id.ts";
import { acceptPlan } from "../../src/reconciler/accept-plan.ts";
import { acceptRestart } from "../../src/reconciler/accept.ts";
import { knownRepos, stateOf } from "../../src/reconciler/known-repos.ts";
import type { Plan } from "../../src/reconciler/plan-document.ts";
import { makePlan } from "../../src/reconciler/plan.ts";
import { planJson } from "../../src/report/plan-json.ts";
import { planText } from "../../src/report/plan-text.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import type { Snapshot, StateStore } from "../../src/state/store.ts";
import { service } from "../config/parsing.ts";
import { now, offer, policy } from "../support/decisions.ts";
import { specOf } from "../support/specs.ts";
import { ownerOf } from "../support/state-values.ts";

const base = "type: service\nname: web\nauth: false\nport: 80\ncommands: [serve]\n";
const withRepo = `${base}repos: [.]\n`;
const [one, two] = ["1".repeat(40), "2".repeat(40)];
const clean: PinnedRepo = {
  id: "0123456789abcdef",
  url: "https://github.com/acme/shop.git",
  branch: "main",
  commit: one,
  diff: null,
  entries: [],
};

function dirty(text: string): PinnedRepo {
  const entries = [{ path: "", mode: "file", content: Buffer.from(text) }] as const;
  return { ...clean, diff: contentId(entries), entries };
}

function planOf(text: string, repos: readonly PinnedRepo[], snapshot: Snapshot, commit: string | null = null): Plan {
  const source = service(text);
  return makePlan({
    desired: [{ source, contents: [], repos }],
    removed: [],
    snapshot,
    supply: new Map([[source.spec.name, { offers: [offer], taken: [], refusal: null, lack: null, missingEnv: [] }]]),
    policy,
    tokens: true,
    ref: null,
    profile: null,
    commit,
    byHand: true,
    now,
    diagnostics: [],
  });
}

const openStore = (branch = memoryBranch()): StateStore =>
  memoryStore({ clock: { now: () => now, sleep: async () => {} }, branch });

/** What `apply` writes. */
async function apply(store: StateStore, text: string, repos: readonly PinnedRepo[]): Promise<Snapshot> {
  const snapshot = await store.load();
  const plan = planOf(text, repos, snapshot);
  const acceptance = { by: "me", planId: plan.id, now, generation: snapshot.generation };
  const accepted = await acceptPlan(plan.services, snapshot, {
    store,
    leaseOwner: ownerOf("a"),
    acceptance,
    signal: new AbortController().signal,
  });
  return accepted.snapshot;
}

const webOf = (snapshot: Snapshot) => {
  const record = snapshot.services.get("web")?.record ?? null;
  if (record === null) throw new Error("web is not recorded");
  return record;
};

describe("a plan of a service with a repository", () => {
  it.each<{ name: string; before?: PinnedRepo; after: PinnedRepo; action: string; changes: readonly string[] }>([
    { name: "the same", after: clean, action: "none", changes: [] },
    { name: "the same diff", before: dirty("a"), after: dirty("a"), action: "none", changes: [] },
    { name: "another commit", after: { ...clean, commit: two }, action: "rolling", changes: ["repo_data rolling"] },
    { name: "another branch", after: { ...clean, branch: "b" }, action: "rolling", changes: ["repo_data rolling"] },
    { name: "a diff", after: dirty("a"), action: "rolling", changes: ["repo_code_hash rolling"] },
    {
      name: "another diff",
      before: dirty("a"),
      after: dirty("b"),
      action: "rolling",
      changes: ["repo_code_hash rolling"],
    },
    { name: "no diff", before: dirty("a"), after: clean, action: "rolling", changes: ["repo_code_hash rolling"] },
    {
      name: "another commit and a diff",
      after: { ...dirty("a"), commit: two },
      action: "rolling",
      changes: ["repo_data rolling", "repo_code_hash rolling"],
    },
    {
      name: "another repository",
      after: { ...clean, id: "f".repeat(16) },
      action: "restart",
      changes: ["repo_id restart"],
    },
    { name: "the same, named otherwise", after: { ...clean, url: "git@x:a" }, action: "none", changes: [] },
    { name: "a detached HEAD at the commit", after: { ...clean, branch: null }, action: "none", changes: [] },
    {
      name: "a branch at the commit of a detached HEAD",
      before: { ...clean, branch: null },
      after: clean,
      action: "none",
      changes: [],
    },
    {
      name: "a detached HEAD elsewhere",
      after: { ...clean, branch: null, commit: two },
      action: "rolling",
      changes: ["repo_data rolling"],
    },
    { name: "a commit that could not be read", after: { ...clean, commit: null }, action: "none", changes: [] },
    {
      name: "the commit of another branch that could not be read",
      after: { ...clean, branch: "b", commit: null },
      action: "rolling",
      changes: ["repo_data rolling"],
    },
  ])("tells the effect of $name", async ({ before = clean, after, action, changes }) => {
    const snapshot = await apply(openStore(), withRepo, [before]);
    const [planned] = planOf(withRepo, [after], snapshot).services;
    expect(planned?.action).toBe(action);
    expect(planned?.changes.map(({ property, path, part, effect }) => [property, path, `${part} ${effect}`])).toEqual(
      changes.map((change) => ["repos", "repos", change]),
    );
  });

  it("restarts where the property says something else, and lists it once", async () => {
    const snapshot = await apply(openStore(), withRepo, [clean]);
    const [planned] = planOf(`${base}repos: ['.:/app']\n`, [{ ...clean, commit: two }], snapshot).services;
    expect(planned).toMatchObject({
      action: "restart",
      changes: [{ property: "repos", path: "repos[0].path", effect: "restart" }],
    });
  });

  it("keeps what is not known here through an edit of something else", async () => {
    const snapshot = await apply(openStore(), withRepo, [clean]);
    for (const untold of [
      { ...clean, branch: null },
      { ...clean, commit: null },
    ]) {
      const [planned] = planOf(`${withRepo}replicas: 2\n`, [untold], snapshot).services;
      expect(planned).toMatchObject({ action: "scale", revision: { repos: [stateOf(clean)] } });
    }
  });

  it("says in dstack's words what changed, and what every merge will cost", async () => {
    const snapshot = await apply(openStore(), withRepo, [clean]);
    const plan = planOf(withRepo, [{ ...dirty("a"), commit: two }], snapshot);
    const text = planText(plan, { paint: (_, words) => words, verbose: false });
    expect(text).toContain("  - Repo state (branch, commit, or other) (rolling)  service.dstack.yml:6\n");
    expect(text).toContain("  - Repo files (rolling)  service.dstack.yml:6\n");
    expect(text).toContain("every merge rolls this service; list what it needs in `files` instead");
    expect(planJson(plan)).toMatchObject({
      services: [
        {
          changes: [
            { property: "repos", path: "repos", part: "repo_data", effect: "rolling" },
            { property: "repos", path: "repos", part: "repo_code_hash", effect: "rolling" },
          ],
        },
      ],
    });
  });

  it.each([
    ["repos: ['https://github.com/acme/shop']", "each plan after a commit there rolls this service"],
    ["repos: [{url: 'https://github.com/acme/shop', hash: abc}]", null],
    ["", null],
  ])("with %s says %s", async (line, says) => {
    const [planned] = planOf(`${base}${line}\n`, line === "" ? [] : [clean], await openStore().load()).services;
    const about = (planned?.reasons ?? []).filter((reason) => reason.about === "repos").map(({ text }) => text);
    expect(about).toEqual(says === null ? [] : [expect.stringContaining(says)]);
  });

  it("has another id when the repository has moved", async () => {
    const snapshot = await openStore().load();
    const ids = [clean, { ...clean, commit: two }, dirty("a"), dirty("b")].map(
      (repo) => planOf(withRepo, [repo], snapshot).id,
    );
    expect(new Set(ids).size).toBe(4);
    expect(planOf(withRepo, [clean], snapshot).id).toBe(ids[0]);
  });
});

describe("a service without repositories", () => {
  it("is not touched by any commit", async () => {
    const snapshot = await apply(openStore(), base, []);
    const plans = [one, two, null].map((commit) => planOf(base, [], snapshot, commit));
    expect(plans.map(({ services }) => services[0]?.action)).toEqual(["none", "none", "none"]);
    expect(new Set(plans.map(({ id }) => id)).size).toBe(1);
  });

  it("has the job and the record that it always had", async () => {
    expect(jobDigest(jobOf(specOf(), []))).toBe(
      "sha256:5253d27bec8245d43da6eea6c986968085fc4b2ad45a12e7508a80aba4b2b20b",
    );
    const [deployment] = webOf(await apply(openStore(), base, [])).deployments;
    expect(Object.keys(deployment ?? {})).not.toContain("repos");
  });
});

describe("the record of a service with a repository", () => {
  it("holds the state, and the diff for as long as a deployment needs it", async () => {
    const branch = memoryBranch();
    const store = openStore(branch);
    const first = await apply(store, withRepo, [dirty("first")]);
    expect(webOf(first).deployments[0]?.repos).toEqual([stateOf(dirty("first"))]);
    // Read anew, as another process would.
    const reread = openStore(branch);
    expect((await reread.load()).services).toEqual(first.services);
    const kept = await reread.readContent(dirty("first").diff ?? "");
    expect(kept.map(({ path, mode, content }) => [path, mode, Buffer.from(content).toString()])).toEqual([
      ["", "file", "first"],
    ]);
    const second = await apply(store, withRepo, [dirty("second")]);
    const [deployment, newer] = webOf(second).deployments;
    expect(newer?.job).not.toBe(deployment?.job);
    expect(await store.readContent(dirty("first").diff ?? "")).toHaveLength(1);
    const record = { ...webOf(second), deployments: webOf(second).deployments.slice(1) };
    await store.commit({ message: "Forget", services: [{ name: "web", record }], basis: second });
    await expect(store.readContent(dirty("first").diff ?? "")).rejects.toMatchObject({ code: "state-content-missing" });
    expect(await store.readContent(dirty("second").diff ?? "")).toHaveLength(1);
  });

  it("is begun again as it is", async () => {
    const record = webOf(await apply(openStore(), withRepo, [dirty("a")]));
    const again = acceptRestart(record, { by: "me", planId: "", now, generation: 4 });
    expect(again.deployments.map(({ repos, job }) => [repos, job])).toEqual([
      [[stateOf(dirty("a"))], record.deployments[0]?.job],
      [[stateOf(dirty("a"))], record.deployments[0]?.job],
    ]);
  });

  it("refuses a state that does not say which repository it is of", async () => {
    const store = openStore();
    const snapshot = await apply(store, withRepo, [clean]);
    const record = webOf(snapshot);
    const nameless = record.deployments.map((deployment) => ({
      ...deployment,
      repos: [{ ...stateOf(clean), id: "" }],
    }));
    const change = { message: "Edit", services: [{ name: "web", record: { ...record, deployments: nameless } }] };
    await expect(store.commit({ ...change, basis: snapshot })).rejects.toMatchObject({ code: "state-unreadable" });
  });
});

describe("knownRepos()", () => {
  it.each<[string, PinnedRepo, PinnedRepo, PinnedRepo]>([
    [
      "takes nothing of another repository",
      { ...clean, commit: null },
      { ...clean, id: "f" },
      { ...clean, commit: null },
    ],
    [
      "takes no branch where the diff is another",
      { ...dirty("a"), branch: null },
      clean,
      { ...dirty("a"), branch: null },
    ],
    ["does not overrule what is known", { ...clean, branch: "b" }, clean, { ...clean, branch: "b" }],
  ])("%s", (_, here, serving, known) => {
    expect(knownRepos([here], [stateOf(serving)])).toEqual([known]);
    expect(knownRepos([here], [])).toEqual([here]);
  });
});
