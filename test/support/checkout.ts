import { execFile } from "node:child_process";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Copies what is or would be tracked of this repository, so that a test can build there without disturbing others. */
export async function checkOut(destination: string): Promise<void> {
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    { cwd: root },
  );
  const deleted = await promisify(execFile)("git", ["ls-files", "-z", "--deleted"], { cwd: root });
  const gone = new Set(deleted.stdout.split("\0"));
  const paths = stdout.split("\0").filter((path) => path !== "" && !gone.has(path));
  for (const folder of new Set(paths.map((path) => dirname(path))))
    await mkdir(join(destination, folder), { recursive: true });
  await Promise.all(
    paths.map((path) => cp(join(root, path), join(destination, path), { recursive: true, verbatimSymlinks: true })),
  );
  await symlink(join(root, "node_modules"), join(destination, "node_modules"));
}
