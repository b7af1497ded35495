import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { git } from "../../src/git/git.ts";
import { publicRepository } from "../../src/git/public-repository.ts";
import { createDemo } from "../support/demo.ts";
import { startGitHttp } from "../support/git-http.ts";
import { tempDirectory, tempRepository } from "../support/temp-repository.ts";

const open = { full_name: "Acme/App", private: false, visibility: "public" };

describe("publicRepository()", () => {
  it.each<[name: string, repository: object, remote: string, expected: string | null]>([
    ["over HTTPS", open, "https://github.com/acme/app.git", "Acme/App"],
    ["over SSH", open, "git@github.com:acme/app", "Acme/App"],
    ["by a remote's name", open, "origin", "Acme/App"],
    ["of an event that does not say who sees it", { full_name: "Acme/App", private: false }, "origin", "Acme/App"],
    ["another one", open, "https://github.com/acme/state.git", null],
    ["one of another host", open, "https://example.com/acme/app.git", null],
    ["private", { ...open, private: true, visibility: "private" }, "origin", null],
    ["for the organization", { ...open, visibility: "internal" }, "origin", null],
  ])("knows the repository %s", async (_, repository, remote, expected) => {
    await using user = await tempRepository();
    await user.git("remote", "add", "origin", "https://github.com/acme/app");
    const event = join(user.path, "event.json");
    await writeFile(event, JSON.stringify({ repository }));
    const env = { GITHUB_ACTIONS: "true", GITHUB_EVENT_PATH: event };
    expect(await publicRepository(remote, user.path, env)).toBe(expected);
    expect(await publicRepository(remote, user.path, { ...env, GITHUB_ACTIONS: "" })).toBeNull();
  });

  it.each(["{}", "not JSON", `{"repository": null}`])("is told nothing by %s", async (text) => {
    await using user = await tempRepository();
    const event = join(user.path, "event.json");
    await writeFile(event, text);
    const env = { GITHUB_ACTIONS: "true", GITHUB_EVENT_PATH: event };
    expect(await publicRepository("https://github.com/acme/app", user.path, env)).toBeNull();
    expect(
      await publicRepository("https://github.com/acme/app", user.path, { ...env, GITHUB_EVENT_PATH: "/none" }),
    ).toBeNull();
  });
});

it("state is not written into a public repository without consent", { timeout: 180_000 }, async () => {
  await using root = await tempDirectory();
  const bare = join(root.path, "acme/app.git");
  await mkdir(bare, { recursive: true });
  await git(["init", "--quiet", "--bare", "--initial-branch=main", bare], { cwd: root.path });
  await git(["config", "http.receivepack", "true"], { cwd: bare });
  await using forge = await startGitHttp(root.path, null);
  const event = join(root.path, "event.json");
  await writeFile(event, JSON.stringify({ repository: open }));
  const env = {
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: forge.url,
    GITHUB_EVENT_PATH: event,
    DSTACK_GITOPS_TOKEN: "",
  };
  await using demo = await createDemo({ settings: "state: { remote: origin }", env });
  await demo.repository.git("remote", "add", "origin", `${forge.url}/Acme/App.git`);
  await git(["config", `url.${forge.url}/acme/app.git.insteadOf`, `${forge.url}/Acme/App.git`], {
    cwd: demo.repository.path,
  });
  await demo.edit({ replicas: 1 });

  const planned = await demo.run("plan");
  expect([planned.exitCode, planned.stderr]).toEqual([0, expect.stringContaining("warning[public-state]")]);
  for (const args of [["apply", "-y"], ["tick"]]) {
    const refused = await demo.run(...args);
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("error[public-state]")]);
  }
  expect((await git(["for-each-ref"], { cwd: bare })).text).toBe("");

  const settings = `state: { remote: origin, public: true }\ngateways: [{ name: main, type: embedded, listen: "127.0.0.1:1" }]\n`;
  await demo.repository.write({ ".dstack/gitops.yml": settings });
  expect((await demo.run("tick")).exitCode).toBe(0);
  expect((await demo.run("plan")).stderr).not.toContain("public-state");
});
