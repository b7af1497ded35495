import { expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { examine } from "../../src/state/doctor.ts";
import type { Patient } from "../../src/state/doctor.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import type { Home } from "../../src/state/home.ts";
import { refuseForeign } from "../../src/state/identity.ts";
import { partPath } from "../../src/state/layout.ts";
import { noMemory } from "../../src/state/memory-of-branch.ts";
import { memoryBranch, memoryStore } from "../../src/state/memory.ts";
import { mend, remedyFor } from "../../src/state/mend.ts";
import type { Intent } from "../../src/state/record.ts";
import { filesBelow } from "../../src/state/tree.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { intentOf, recordOf } from "../support/state-values.ts";
import { tempRepository } from "../support/temp-repository.ts";

const clock: Clock = { now: () => 0, sleep: async () => {} };
const path = "services/4b/web.json";
const consent = { seen: false, adopts: false };

async function patientWith(edits: Readonly<Record<string, (text: string) => string | null>>) {
  const branch = memoryBranch();
  const store = memoryStore({ clock, branch });
  await store.commit({ message: "x", services: [{ name: "web", record: recordOf("web") }], basis: await store.load() });
  const tip = await branch.read();
  if (tip === null) throw new Error("no tip");
  const before = new Map<string, string>();
  for (const [file, { id }] of filesBelow(tip.tree, ""))
    before.set(file, Buffer.from((await branch.contents([id])).get(id) ?? []).toString("utf8"));
  const files = Object.entries(edits).map(([file, edit]) => {
    const text = edit(before.get(file) ?? before.get(path) ?? "");
    return [file, text === null ? null : { mode: "100644", content: Buffer.from(text) }] as const;
  });
  await branch.write({ parent: tip, edits: new Map(files), message: "By hand", generation: 2 });
  const patient: Patient = { branch, memory: noMemory, identity: undefined };
  return { branch, patient, sound: await memoryStore({ clock, branch: { ...branch, read: async () => tip } }).load() };
}

it.each([
  ["no JSON", path, (text: string) => text.slice(0, 60)],
  ["marks of a merge", path, (text: string) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> theirs\n`],
  ["a value of another kind", path, (text: string) => text.replace('"current": 0', '"current": "0"')],
  ["a spec that nobody accepted", path, (text: string) => text.replace('"commands": [', '"commands": ["rm -rf",')],
  ["a member that nobody knows", path, (text: string) => text.replace("{", '{ "more": 1,')],
  ["no format", "format", () => null],
  ["a broken format", "format", () => "{}"],
] as const)("%s is found, and the last good version of that file alone restored", async (_, file, edit) => {
  const { branch, patient, sound } = await patientWith({ [file]: edit, NOTES: () => "mine" });
  const examined = await examine(patient);
  expect(examined.ailments).toMatchObject([{ kind: "unreadable", error: { path: file } }]);
  await mend(patient, examined, consent);
  expect((await examine(patient)).ailments).toEqual([]);
  const mended = await memoryStore({ clock, branch }).load();
  expect([mended.services, mended.stateId, mended.generation]).toEqual([sound.services, sound.stateId, 3]);
  expect(branch.history().at(-1)?.message).toContain(`Repair: restore ${file} of commit`);
  expect(filesBelow((await branch.read())?.tree ?? { kind: "tree", entries: new Map() }, "NOTES")).toHaveLength(1);
});

it("a sound record in a wrong directory is moved to where it belongs", async () => {
  const { branch, patient, sound } = await patientWith({ [path]: () => null, "services/00/web.json": (text) => text });
  const examined = await examine(patient);
  expect(examined.ailments.map((ailment) => remedyFor(ailment, consent))).toEqual([
    `move services/00/web.json to ${path}`,
  ]);
  await mend(patient, examined, consent);
  expect((await memoryStore({ clock, branch }).load()).services).toEqual(sound.services);
});

it("a file of which no version can be read is left, and said", async () => {
  const { patient } = await patientWith({ "leases/4b/web.json": () => "soon" });
  const examined = await examine(patient);
  expect(examined.ailments).toMatchObject([
    { kind: "unreadable", good: null, error: { place: { line: 1, column: 1 } } },
  ]);
  expect(await mend(patient, examined, consent)).toEqual([]);
});

it("what a file said before it was removed never comes back", async () => {
  await using repository = await tempRepository();
  const store = gitBranchStore({ root: repository.path, branch: stateBranch, remote: null, clock: systemClock });
  const journal = partPath("intents", "web");
  const write = async (intents: readonly Intent[]) =>
    store.commit({ message: "x", services: [{ name: "web", intents }], basis: await store.load() });
  await store.commit({ message: "x", services: [{ name: "web", record: recordOf("web") }], basis: await store.load() });
  await write([intentOf("web", 1)]);
  await write([]);
  // A call that is settled would be announced again.
  await stateBranchIn(repository.path).edit({ [journal]: "[" });
  const patient = await store.patient();
  const examined = await examine(patient);
  expect(examined.ailments).toMatchObject([{ kind: "unreadable", error: { path: journal }, good: null }]);
  expect(await mend(patient, examined, consent)).toEqual([]);
});

it("a file whose name no service can have is no part of any", async () => {
  const name = "\u001B[2Jweb";
  const { branch, patient } = await patientWith({ [partPath("intents", name)]: () => "[]\n" });
  expect((await examine(patient)).ailments).toMatchObject([{ kind: "unreadable", belongs: null, good: null }]);
  await expect(memoryStore({ clock, branch }).load()).rejects.toMatchObject({ code: "state-unreadable" });
});

it.each(["..", "."])(
  "a directory that is called %s is not read: it would lead out of where files are put",
  async (name) => {
    await using repository = await tempRepository();
    const open = () => gitBranchStore({ root: repository.path, branch: stateBranch, remote: null, clock: systemClock });
    const store = open();
    await store.commit({
      message: "x",
      services: [{ name: "web", record: recordOf("web") }],
      basis: await store.load(),
    });
    const made = async (input: string): Promise<string> =>
      (await git(["mktree"], { cwd: repository.path, input })).text;
    const blob = await repository.git("rev-parse", `${stateBranch}:format`);
    const inner = await made(`100644 blob ${blob}\tevil\n`);
    const files = await made(`040000 tree ${inner}\t${name}\n`);
    const root = await made(`${await repository.git("ls-tree", stateBranch)}\n040000 tree ${files}\tfiles\n`);
    const commit = await repository.git("commit-tree", root, "-p", stateBranch, "-m", "x\n\nGeneration: 2");
    await repository.git("update-ref", `refs/heads/${stateBranch}`, commit);
    for (const reader of [store, open()])
      await expect(reader.load()).rejects.toMatchObject({ code: "state-unreadable" });
  },
);

it("what only a newer program understands is not judged", async () => {
  const { patient } = await patientWith({
    format: (text) => text.replace('"version": 1', '"version": 2'),
    [path]: () => "?",
  });
  await expect(examine(patient)).rejects.toThrow(/format 2; this program knows format 1/);
});

const forge = (id: string): Home => ({ forge: "https://github.com", id });

it.each<[string, Home | undefined, Home | null, { readonly isThere?: true; readonly isForeign?: true }]>([
  ["the same id", forge("1"), forge("1"), {}],
  ["a fork", forge("1"), forge("2"), { isForeign: true }],
  ["a run that does not know", forge("1"), null, {}],
  ["a branch that does not know", undefined, forge("2"), {}],
  ["a moved repository", { path: "/a" }, { path: "/b" }, {}],
  ["a copied repository", { path: "/a" }, { path: "/b" }, { isThere: true, isForeign: true }],
  ["the same place", { path: "/a" }, { path: "/a" }, { isThere: true }],
])("%s", async (_, home, own, { isThere = false, isForeign = false }) => {
  const identity = { repository: "r", home: own, isThere: async () => isThere };
  const refused = refuseForeign({ home }, identity).then(
    () => false,
    () => true,
  );
  expect(await refused).toBe(isForeign);
  await refuseForeign({ home }, { ...identity, adopts: true });
});

it("a branch of another repository is taken over where that is asked for", async () => {
  const branch = memoryBranch();
  const isThere = async (): Promise<boolean> => false;
  const [theirs, ours] = ["1", "2"].map((id) => ({ repository: `r${id}`, home: forge(id), isThere }));
  if (theirs === undefined || ours === undefined) throw new Error("two are given");
  const store = memoryStore({ clock, branch, identity: theirs });
  await store.commit({ message: "x", services: [{ name: "web", record: recordOf("web") }], basis: await store.load() });
  await expect(memoryStore({ clock, branch, identity: ours }).load()).rejects.toThrow(/belongs to repository 1/);
  const patient: Patient = { branch, memory: noMemory, identity: ours };
  const examined = await examine(patient);
  expect(await mend(patient, examined, consent)).toEqual([]);
  const adopting = { ...patient, identity: { ...ours, adopts: true } };
  // As the command does it: what is to be taken over is known before it is looked at.
  const again = await examine(adopting);
  expect(await mend(adopting, again, { ...consent, adopts: true })).toHaveLength(1);
  expect((await examine(adopting)).ailments).toEqual([]);
  const taken = await memoryStore({ clock, branch, identity: ours }).load();
  // What its instances are tagged with stays.
  expect(taken.format).toMatchObject({ repository: "r1", home: forge("2") });
});
