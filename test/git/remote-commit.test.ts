import { join } from "node:path";

import { afterEach, expect, test, vi } from "vitest";

import { isUnreachable } from "../../src/git/remote-commit.ts";
import { openRepository } from "../../src/git/work-tree.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempRepository } from "../support/temp-repository.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const { signal } = new AbortController();

test("a branch of a URL has the commit that its remote says, and the default branch where none is named", async () => {
  await using upstream = await tempRepository();
  await using user = await tempRepository();
  const first = await upstream.commit({ a: "1" });
  await upstream.git("branch", "release");
  const second = await upstream.commit({ a: "2" });
  await using server = await startGitHttp(join(upstream.path, ".."), null);
  const opened = await openRepository(user.path, { stateRemote: null });
  const url = `${server.url}/repository/.git`;
  expect(await opened.remoteCommit(url, null, signal)).toBe(second);
  expect(await opened.remoteCommit(url, "main", signal)).toBe(second);
  expect(await opened.remoteCommit(url, "release", signal)).toBe(first);
  const absent: unknown = await opened.remoteCommit(url, "leas", signal).catch((error: unknown) => error);
  expect(absent).toMatchObject({ code: "repos-no-remote-branch", message: "the remote has no leas" });
  expect(isUnreachable(absent)).toBe(false);
});

test("a service file's URL gets no token but GitHub's own server", async () => {
  await using upstream = await tempRepository();
  await using user = await tempRepository();
  const commit = await upstream.commit({ a: "1" });
  await using server = await startGitHttp(join(upstream.path, ".."), null);
  const opened = await openRepository(user.path, { stateRemote: null });
  vi.stubEnv("DSTACK_GITOPS_TOKEN", "canary-of-the-state");
  vi.stubEnv("GITHUB_TOKEN", "canary-of-github");
  vi.stubEnv("GITHUB_SERVER_URL", "https://github.example");
  expect(await opened.remoteCommit(`${server.url}/repository/.git`, null, signal)).toBe(commit);
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(server.requests.map(() => undefined));
  vi.stubEnv("GITHUB_SERVER_URL", server.url);
  await opened.remoteCommit(`${server.url}/repository/.git`, null, signal);
  expect(server.requests.at(-1)?.authorization).toBe(
    `Basic ${Buffer.from("x-access-token:canary-of-github").toString("base64")}`,
  );
});

test.for([
  ["a server that is not there", "http://127.0.0.1:1/a.git"],
  ["a program instead of a URL", "ext::sh -c 'touch ran' //x"],
  ["a file", "file:///etc"],
  ["a path", "/etc"],
  ["an option", "--upload-pack=touch ran"],
] as const)("%s cannot be reached", async ([, url]) => {
  await using user = await tempRepository();
  const opened = await openRepository(user.path, { stateRemote: null });
  const error: unknown = await opened.remoteCommit(url, null, signal).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  expect(isUnreachable(error)).toBe(true);
  expect(await user.git("status", "--porcelain")).toBe("");
});
