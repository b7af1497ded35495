import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { including, like, matching } from "../support/expecting.ts";
import { tempRepository } from "../support/temp-repository.ts";

const base = "type: service\nname: demo\nauth: false\ncommands: [serve]\nport: 80\n";

it("a plan pins the repository's commit, keeps its remote's password to itself, and local refuses to clone", async () => {
  await using demo = await createDemo();
  await using remote = await tempRepository({ bare: true });
  const { repository } = demo;
  await repository.commit({ ".dstack.yml": `${base}repos: [.]\n` });
  await repository.git("remote", "add", "origin", remote.path);
  await repository.git("push", "--quiet", "--set-upstream", "origin", "main");
  await repository.git("remote", "set-url", "origin", "https://user:canary-8@github.com/acme/shop.git");

  const planned = await demo.run("plan", "--json", "--out", "plan.json");
  expect(planned.exitCode, planned.stderr).toBe(0);
  expect(JSON.parse(planned.stdout)).toMatchObject({
    services: [
      {
        name: "demo",
        action: "create",
        refusal: matching(/local cannot run it: local clones no repositories/),
        reasons: including(like({ about: "repos" })),
      },
    ],
    diagnostics: [],
  });
  // The plan that was kept in the work tree is no change of it.
  expect((await demo.run("plan", "--json", "--out", "plan.json")).stdout).toBe(planned.stdout);
  const applied = await demo.run("apply", "-y", "--plan", "plan.json");
  expect(applied.exitCode).toBe(4);
  expect(applied.stderr).toContain("local clones no repositories");
  const kept = await readFile(join(repository.path, "plan.json"), "utf8");
  expect([planned, applied].flatMap(Object.values).join() + kept).not.toContain("canary");
});

it("a URL that cannot be read now is a warning, and one with a password is refused without showing it", async () => {
  await using demo = await createDemo();
  await demo.repository.write({ ".dstack.yml": `${base}repos: ['http://127.0.0.1:1/acme/shop']\n` });
  const planned = await demo.run("plan", "--json");
  expect(planned.exitCode, planned.stderr).toBe(0);
  expect(JSON.parse(planned.stdout)).toMatchObject({
    diagnostics: [{ severity: "warning", code: "repos-unpinned", file: ".dstack.yml", line: 6, path: "repos[0]" }],
  });
  // Neither of these may use the network, and neither misses it.
  for (const command of ["validate", "diff"]) {
    const ran = await demo.run(command, ...(command === "diff" ? [".dstack.yml", ".dstack.yml"] : []));
    expect(ran, command).toMatchObject({ exitCode: 0, stderr: "" });
  }
  await demo.repository.write({ ".dstack.yml": `${base}repos: [{ url: 'https://u:canary-9@127.0.0.1/a' }]\n` });
  for (const command of ["plan", "validate"]) {
    const ran = await demo.run(command);
    expect(ran.exitCode).toBe(command === "plan" ? 2 : 0);
    expect(ran.stderr).toContain("[repos-credentials]");
    expect(ran.stderr + ran.stdout).not.toContain("canary");
  }
});

it("every entry that lies outside is refused with its place by plan and apply, and warned of by validate", async () => {
  await using demo = await createDemo();
  const lines = ["files:", "  - /etc/hosts", "  - ../x", "  - server.mjs", "repos:", "  - ~/shop"];
  await demo.repository.write({ ".dstack.yml": `${base}${lines.join("\n")}\n` });
  const says = [
    ["files-outside-repository", 7],
    ["files-outside-repository", 8],
    ["repos-outside-repository", 11],
  ] as const;
  for (const args of [["plan"], ["apply", "-y"], ["validate"]]) {
    const ran = await demo.run(...args, "--json");
    const severity = args[0] === "validate" ? "warning" : "error";
    expect(ran.exitCode).toBe(severity === "error" ? 2 : 0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      diagnostics: says.map(([code, line]) => ({ severity, code, line, file: ".dstack.yml" })),
    });
  }
  const { stderr } = await demo.run("plan");
  expect(stderr).toContain("is outside the repository; expected a path relative to the service file, inside it");
  expect(stderr).toContain("hint: copy it into the repository");
});

it("`diff` compares the files that lie beside OLD and NEW", async () => {
  await using demo = await createDemo();
  const text = `${base}files: [app, gone]\n`;
  await demo.repository.write({
    "old/.dstack.yml": text,
    "old/app/main.py": "1\n",
    "old/gone": "x",
    "new/.dstack.yml": text,
    "new/app/main.py": "1\n",
  });
  expect((await demo.run("diff", "old/.dstack.yml", "new/.dstack.yml")).stdout).toBe("Detected no changes.");
  await demo.repository.write({ "new/app/main.py": "2\n" });
  expect(JSON.parse((await demo.run("diff", "old/.dstack.yml", "new/.dstack.yml", "--json")).stdout)).toMatchObject({
    action: "rolling",
    changes: [{ property: "files", path: "files[0]", effect: "rolling", file: "NEW", line: 6 }],
  });
  // Two service files of one folder have the same files beside them, each other not among them.
  await demo.repository.write({
    "one/a.dstack.yml": `${base}files: [.]\n`,
    "one/b.dstack.yml": `${base}files: ['./:.']\n`,
  });
  expect((await demo.run("diff", "one/a.dstack.yml", "one/b.dstack.yml")).stdout).toContain(
    "files[0].local_path (in-place)",
  );
});
