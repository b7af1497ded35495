import { execFile } from "node:child_process";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { checkOut } from "./support/checkout.ts";

const exec = promisify(execFile);

let clone = "";
let begin = "";

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), "release-test-"));
  await checkOut(clone);
  await exec("git", ["init", "-q", "-b", "main"], { cwd: clone });
  await git("config", "user.name", "Test");
  await git("config", "user.email", "test@example.com");
  // The link to the packages is no folder, which is what .gitignore leaves out.
  await writeFile(join(clone, ".git/info/exclude"), "node_modules\n");
  await exec("npm", ["version", "--no-git-tag-version", "3.2.1"], { cwd: clone });
  await commitAll();
  begin = await git("rev-parse", "HEAD");
});

afterAll(() => rm(clone, { recursive: true, force: true }));

async function git(...args: readonly string[]): Promise<string> {
  return (await exec("git", [...args], { cwd: clone })).stdout.trim();
}

async function commitAll(): Promise<void> {
  await git("add", "-A");
  await git("commit", "-q", "-m", "Change");
}

const release = () => exec(process.execPath, ["scripts/release.ts"], { cwd: clone });

describe("a release", () => {
  it("needs a section in the changelog", async () => {
    await expect(release()).rejects.toThrow('CHANGELOG.md has no section "3.2.1"');
  });

  it("needs a clean work tree", async () => {
    await appendFile(join(clone, "CHANGELOG.md"), "\n## 3.2.1\n\n- Something.\n");
    await expect(release()).rejects.toThrow("the work tree has changes");
  });

  it("tags the commit with the bundle on top, and leaves the branch alone", async () => {
    await commitAll();
    const head = await git("rev-parse", "HEAD");
    expect(head).not.toBe(begin);
    await release();
    expect(await git("rev-parse", "v3.2.1^")).toBe(head);
    expect(await git("rev-parse", "v3")).toBe(await git("rev-parse", "v3.2.1"));
    expect((await git("ls-tree", "--name-only", "v3", "dist/", "action.yml")).split("\n")).toEqual(
      expect.arrayContaining([
        "action.yml",
        "dist/action.js",
        "dist/post.js",
        "dist/cli.js",
        "dist/replica-supervisor.js",
      ]),
    );
    expect(await git("rev-parse", "main")).toBe(head);
    expect(await git("status", "--porcelain")).toBe("");
  });

  it("is made once", async () => {
    await expect(release()).rejects.toThrow("v3.2.1 exists");
  });
});
