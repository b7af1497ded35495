import { systemClock } from "../../src/lib/clock.ts";
import { gitBranchStore } from "../../src/state/git-branch.ts";
import { startGitHttp } from "../support/git-http.ts";
import { stateBranch, stateBranchIn } from "../support/state-branch.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";
import { testStore } from "./store-contract.ts";

testStore("a branch of the local repository", async () => {
  const repository = await tempRepository();
  const { path: root } = repository;
  return {
    ...stateBranchIn(root),
    open: ({ derive } = {}) =>
      gitBranchStore({
        root,
        branch: stateBranch,
        remote: null,
        clock: systemClock,
        ...(derive === undefined ? {} : { derive }),
      }),
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
});

testStore("a branch of a remote that is a path", () => remoteBench("path"));

testStore("a branch of a remote over HTTP", () => remoteBench("http"));

async function remoteBench(kind: "path" | "http") {
  const stack = new AsyncDisposableStack();
  const remote = stack.use(await tempRepository({ bare: true }));
  const user = stack.use(await tempRepository());
  const cache = stack.use(await tempDirectory());
  const url =
    kind === "path"
      ? remote.path
      : stack.use(await startGitHttp(`${remote.path}/..`, "s3cret")).url + "/repository.git";
  await user.git("remote", "add", "origin", url);
  const env = { ...process.env, XDG_CACHE_HOME: cache.path, DSTACK_GITOPS_TOKEN: "s3cret" };
  return {
    ...stateBranchIn(remote.path),
    open: ({ derive }: { derive?: Parameters<typeof gitBranchStore>[0]["derive"] } = {}) =>
      stack.use(
        gitBranchStore({
          root: user.path,
          branch: stateBranch,
          remote: "origin",
          clock: systemClock,
          env,
          ...(derive === undefined ? {} : { derive }),
        }),
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
