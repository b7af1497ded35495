import { git } from "../../src/git/git.ts";
import { createDemo } from "./demo.ts";
import type { Demo } from "./demo.ts";
import { startGitHttp } from "./git-http.ts";
import type { GitHttpServer } from "./git-http.ts";
import { tempDirectory } from "./temp-repository.ts";

const token = "a-token-for-the-forge";

/** A forge over HTTP that asks for a token, and the repository on it. */
export interface Forge extends GitHttpServer {
  readonly url: string;
  /** The bare repository. */
  readonly bare: string;
  /** Paths of the state branch's files below a folder; none while there is no branch. */
  files(folder: string): Promise<readonly string[]>;
  /** How many pushes it has answered or is answering. */
  pushes(): number;
  /** How often it was asked what there is to fetch. */
  fetches(): number;
}

export const quickRollouts = `policy:
  rollout: { startup: 20s, drain: 5s, bake: 0s }`;

/** The demo with its state on a forge. */
export async function withForge(
  body: (demo: Demo, forge: Forge) => Promise<void>,
  options: { readonly settings?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await using root = await tempDirectory();
  const bare = `${root.path}/team.git`;
  await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: bare });
  await using server = await startGitHttp(root.path, token);
  await using demo = await createDemo({
    settings: `state: { remote: origin }\n${options.settings ?? quickRollouts}`,
    env: { DSTACK_GITOPS_TOKEN: token, ...options.env },
  });
  const url = `${server.url}/team.git`;
  await demo.repository.git("remote", "add", "origin", url);
  await body(demo, {
    ...server,
    url,
    bare,
    async files(folder) {
      const listed = await git(["ls-tree", "-r", "--name-only", "dstack-state", folder], {
        cwd: bare,
        accept: [0, 128],
      });
      return listed.text.split("\n").filter((line) => line !== "");
    },
    fetches: () => server.requests.filter(({ path }) => path.endsWith("/info/refs?service=git-upload-pack")).length,
    pushes: () => server.requests.filter(({ path }) => path.endsWith("/git-receive-pack")).length,
  });
}
