import { expect, test } from "vitest";

import { gitEnvironment } from "../../src/git/git-environment.ts";
import { GitError } from "../../src/git/git-error.ts";
import { git } from "../../src/git/git.ts";
import { httpOrigin, isPath, normalizedUrl, redact } from "../../src/git/remote-url.ts";
import { authorization } from "../../src/git/remote.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";

test("errors are real ones of git, with its words and without credentials", async () => {
  await using directory = await tempDirectory();
  const error: unknown = await git(["ls-remote", "http://me:hidden@127.0.0.1:9/x.git"], { cwd: directory.path }).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(GitError);
  expect(error).toMatchObject({ reason: "network", code: "git-network", exitCode: 1 });
  expect(String(error)).toContain("Failed to connect");
  expect(JSON.stringify(error) + String(error)).not.toContain("hidden");
});

test("a call that takes too long, prints too much or is interrupted is ended", async () => {
  await using repository = await tempRepository();
  const cwd = repository.path;
  const forever = ["-c", "alias.forever=!sleep 60", "forever"];
  await expect(git(forever, { cwd, timeout: 100 })).rejects.toMatchObject({ reason: "timeout" });
  await expect(git(forever, { cwd, signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ reason: "aborted" });
  await expect(git(["version"], { cwd, signal: AbortSignal.abort() })).rejects.toMatchObject({ reason: "aborted" });
  await expect(git(["help", "-a"], { cwd, maxBuffer: 10 })).rejects.toMatchObject({ reason: "too-large" });
});

test("the environment points nowhere else, asks nobody and keeps what the caller configured", () => {
  const base = {
    GIT_DIR: "/elsewhere",
    GIT_INDEX_FILE: "x",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
    LC_ALL: "de_DE",
  };
  const env = gitEnvironment(base, [["a.b", "c"]], { EXTRA: "1" });
  expect(env).toMatchObject({
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_KEY_1: "a.b",
    GIT_CONFIG_VALUE_1: "c",
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    EXTRA: "1",
  });
  expect(env).not.toHaveProperty("GIT_DIR");
  expect(env).not.toHaveProperty("GIT_INDEX_FILE");
});

test.for([
  ["fatal: unable to access 'https://u:p@h/x'", "fatal: unable to access 'https://***@h/x'"],
  ["https://token@github.com/a/b", "https://***@github.com/a/b"],
  ["ssh://git@h/x and https://a:b@c/d", "ssh://***@h/x and https://***@c/d"],
  ["Authorization: Basic abc=", "Authorization: Basic ***"],
  ["git@github.com:a/b", "git@github.com:a/b"],
] as const)("%s is shown as %s", ([text, shown]) => {
  expect(redact(text)).toBe(shown);
});

test.for([
  { url: "https://u:p@GitHub.com/a/b.git", normal: "github.com/a/b", origin: "https://github.com", path: false },
  { url: "http://127.0.0.1:3000/a.git/", normal: "127.0.0.1:3000/a", origin: "http://127.0.0.1:3000", path: false },
  { url: "git@github.com:a/b.git", normal: "github.com/a/b", origin: null, path: false },
  { url: "/srv/git/a.git", normal: "/srv/git/a.git", origin: null, path: true },
  { url: "file:///srv/git/a.git", normal: "/srv/git/a.git", origin: null, path: true },
  { url: "../a", normal: "../a", origin: null, path: true },
])("$url is $normal", ({ url, normal, origin, path }) => {
  expect([normalizedUrl(url), httpOrigin(url), isPath(url)]).toEqual([normal, origin, path]);
});

test.for([
  {
    name: "our own variable, any host",
    url: "https://git.acme.dev/x",
    env: { DSTACK_GITOPS_TOKEN: "t", GITHUB_TOKEN: "g" },
    token: "t",
  },
  { name: "GitHub's variable, GitHub", url: "https://github.com/a/b", env: { GITHUB_TOKEN: "g" }, token: "g" },
  {
    name: "GitHub's variable, its own server",
    url: "https://ghe.acme.dev/a",
    env: { GITHUB_TOKEN: "g", GITHUB_SERVER_URL: "https://ghe.acme.dev" },
    token: "g",
  },
  { name: "GitHub's variable, another host", url: "https://git.acme.dev/x", env: { GITHUB_TOKEN: "g" }, token: null },
  { name: "SSH", url: "git@github.com:a/b", env: { DSTACK_GITOPS_TOKEN: "t" }, token: null },
  {
    name: "an empty variable",
    url: "https://github.com/a/b",
    env: { DSTACK_GITOPS_TOKEN: "", GITHUB_TOKEN: "" },
    token: null,
  },
])("token: $name", ({ url, env, token }) => {
  const key = `http.${httpOrigin(url)}/.extraHeader`;
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  expect(authorization(url, env)).toEqual(
    token === null
      ? []
      : [
          [key, ""],
          [key, header],
        ],
  );
});
