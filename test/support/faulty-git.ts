import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { tempDirectory } from "./temp-repository.ts";

/** What happens to one call of git. `kill` ends git, and with it the call, as the kernel would when memory runs out. */
export type GitFault = "none" | "fail-before" | "fail-after" | "kill-before" | "kill-amid" | "kill-after";

export interface FaultyGit extends AsyncDisposable {
  /** For the environment of calls that are to meet faults. */
  readonly path: string;
  /** What happens to the next calls, in their order; later ones meet nothing. */
  plan(faults: readonly GitFault[]): Promise<void>;
}

/** A `git` that comes first on the PATH and has faults at the calls that are planned. */
export async function faultyGit(): Promise<FaultyGit> {
  const directory = await tempDirectory();
  const real = (await promisify(execFile)("sh", ["-c", "command -v git"])).stdout.trim();
  const planned = join(directory.path, "planned");
  const bin = join(directory.path, "bin");
  await mkdir(planned);
  await mkdir(bin);
  await writeFile(
    join(bin, "git"),
    `#!/bin/sh
for next in ${planned}/*; do
  mv "$next" "${directory.path}/$$" 2>/dev/null || continue
  read -r fault <"${directory.path}/$$"
  rm "${directory.path}/$$"
  break
done
case \${fault:-none} in
  fail-before) echo "fatal: injected before" >&2; exit 128 ;;
  fail-after) ${real} "$@" >/dev/null; echo "fatal: injected after" >&2; exit 128 ;;
  kill-before) kill -KILL $$ ;;
  kill-amid) ${real} "$@" <&0 & child=$!; sleep 0.03; kill -KILL $child; kill -KILL $$ ;;
  kill-after) ${real} "$@" >/dev/null; kill -KILL $$ ;;
  *) exec ${real} "$@" ;;
esac
`,
  );
  await chmod(join(bin, "git"), 0o755);
  return {
    path: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    async plan(faults) {
      for (const name of await readdir(planned)) await rm(join(planned, name), { force: true });
      await Promise.all(
        faults.map((fault, index) => writeFile(join(planned, String(index).padStart(4, "0")), `${fault}\n`)),
      );
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
