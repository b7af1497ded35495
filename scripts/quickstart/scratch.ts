import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

const example = fileURLToPath(new URL("../../examples/quickstart", import.meta.url));

/** A git repository of its own with the example in it, and a place for what runs; both go with it. */
export interface Scratch extends AsyncDisposable {
  readonly directory: string;
  readonly serviceFile: string;
  /** For the program: nothing of the person's own state is touched. */
  readonly env: Readonly<Record<string, string>>;
  edit(before: string, after: string): Promise<void>;
}

export async function createScratch(port: number): Promise<Scratch> {
  const root = await mkdtemp(join(tmpdir(), "dstack-gitops-quickstart-"));
  const directory = join(root, "repository");
  const serviceFile = join(directory, ".dstack.yml");
  await cp(example, directory, { recursive: true });
  const settings = join(directory, ".dstack", "gitops.yml");
  const gateway = `gateways:\n  - { name: main, type: embedded, default: true, listen: 127.0.0.1:${port} }\n`;
  await writeFile(settings, `${await readFile(settings, "utf8")}\n${gateway}`);
  const git = execa({ cwd: directory, env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" } });
  await git`git init -q -b main`;
  await git`git add -A`;
  await git`git -c user.name=quickstart -c user.email=quickstart@localhost commit -q -m ${"The quickstart example"}`;
  return {
    directory,
    serviceFile,
    env: { XDG_STATE_HOME: join(root, "state"), XDG_CACHE_HOME: join(root, "cache") },
    async edit(before, after) {
      const text = await readFile(serviceFile, "utf8");
      if (!text.includes(before)) throw new Error(`${serviceFile} does not contain ${before}`);
      await writeFile(serviceFile, text.replace(before, after));
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
