import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { simulate } from "./simulate.ts";
import { inGit } from "./state-branch.ts";

const directory = mkdtempSync(join(tmpdir(), "simulation-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a simulation whose state is a branch of a real repository", () => {
  it("breaks nothing, and is the same for the same seed", async () => {
    await git(["init", "--quiet", "--bare", "--template=", "."], { cwd: directory });
    const makeBranch = inGit(directory);
    const first = await simulate(4, undefined, makeBranch);
    expect(first.broken, first.timeline.join("\n")).toBeNull();
    expect(await simulate(4, undefined, makeBranch)).toEqual(first);
  });

  it("leaves what the program wrote in git", async () => {
    const branches = await git(["for-each-ref", "--format=%(refname:short)", "refs/heads"], { cwd: directory });
    expect(branches.text.split("\n")).toEqual(["state-1", "state-2"]);
    const [one, two] = await Promise.all(
      ["state-1", "state-2"].map((branch) => git(["log", "--format=%H %s", branch], { cwd: directory })),
    );
    expect(one?.text).toBe(two?.text);
    expect(one?.text.split("\n").length).toBeGreaterThan(5);
  });
});
