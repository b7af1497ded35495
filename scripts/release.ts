import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { z } from "zod";

// Makes the tags of a release: `vX.Y.Z`, and the major one that workflows name, `vX`. `dist/` is no part of main: it is
// committed on top of it, for the tags alone. Pushes nothing: prints what to push. Branch, index and work tree stay as they are.

const root = fileURLToPath(new URL("../", import.meta.url));
const Description = z.object({ version: z.string().regex(/^\d+\.\d+\.\d+$/, "is no release's version") });
const { version } = Description.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
const tag = `v${version}`;
const major = `v${version.split(".")[0]}`;

if (git("status", "--porcelain") !== "") throw new Error("the work tree has changes: a release is made from a commit");
if (git("tag", "--list", tag) !== "") throw new Error(`${tag} exists: raise the version in package.json`);
if (!readFileSync(join(root, "CHANGELOG.md"), "utf8").includes(`\n## ${version}`)) {
  throw new Error(`CHANGELOG.md has no section "${version}"`);
}
execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", 2, 2] });
const commit = commitWithBundle();
git("tag", tag, commit);
git("tag", "--force", major, commit);
console.log(`git push origin ${tag} && git push --force origin ${major} && npm publish`);

/** HEAD with `dist/` on top, made in an index of its own. */
function commitWithBundle(): string {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  try {
    const index = { GIT_INDEX_FILE: join(folder, "index") };
    gitWith(index, "read-tree", "HEAD");
    gitWith(index, "add", "--force", "dist");
    const tree = gitWith(index, "write-tree");
    return git("commit-tree", tree, "-p", "HEAD", "-m", `Release ${version}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function git(...args: readonly string[]): string {
  return gitWith({}, ...args);
}

function gitWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): string {
  return execFileSync("git", [...args], { cwd: root, env: { ...process.env, ...env }, encoding: "utf8" }).trim();
}
