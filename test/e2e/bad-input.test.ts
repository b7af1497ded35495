import { expect, it } from "vitest";

import { createDemo } from "../support/demo.ts";
import { including, like } from "../support/expecting.ts";

const good = "type: service\nname: other\nauth: false\ncommands: [serve]\nport: 80\n";

it.each([
  { what: "a syntax error", files: { "a.dstack.yml": "type: service\nname: [a\n" }, says: ["a.dstack.yml:"] },
  {
    what: "an unknown key",
    files: { "a.dstack.yml": `${good}resorces: {}\n` },
    says: ["a.dstack.yml:6:1", "did you mean `resources`"],
  },
  { what: "a wrong type", files: { "a.dstack.yml": `${good}replicas: many\n` }, says: ["a.dstack.yml:6:11"] },
  {
    what: "two errors in two files",
    files: { "a.dstack.yml": `${good}x: 1\n`, "b/.dstack.yml": "type: service\nname: b\n" },
    says: ["a.dstack.yml:6:1", "b/.dstack.yml:1:1"],
  },
  {
    what: "one name in two files",
    files: { "a.dstack.yml": good, "b.dstack.yml": good },
    says: ["b.dstack.yml:2:1", "a.dstack.yml:2:1"],
  },
  {
    what: "a value that is missing",
    files: { "a.dstack.yml": `${good}env: [NOT_SET_ANYWHERE, NOR_THIS]\n` },
    says: ["NOT_SET_ANYWHERE is not set", "NOR_THIS is not set", "a.dstack.yml:6:7"],
  },
  {
    what: "a file that is not there",
    files: { "a.dstack.yml": `${good}files: [missing.txt]\n` },
    says: ["missing.txt", "a.dstack.yml:6:"],
  },
  {
    what: "a price that nothing has",
    files: { "a.dstack.yml": `${good}max_price: 0\n` },
    says: ["a.dstack.yml:6:12", "max_price"],
  },
  {
    what: "settings with an unknown key",
    files: { ".dstack/gitops.yml": "polcy: {}\n", "a.dstack.yml": good },
    says: [".dstack/gitops.yml:1:1", "did you mean `policy`"],
  },
])("$what is refused with its place, and nothing is touched", async ({ files, says }) => {
  await using demo = await createDemo();
  await demo.edit({});
  expect(await demo.run("apply", "-y")).toMatchObject({ exitCode: 0 });
  const state = await demo.repository.git("rev-parse", "dstack-state");
  await demo.repository.write({ ...files });

  const applied = await demo.run("apply", "-y");
  expect(applied.exitCode, applied.stderr).toBe(2);
  for (const text of says) expect(applied.stderr).toContain(text);
  expect(await demo.repository.git("rev-parse", "dstack-state")).toBe(state);
  expect(await demo.processes()).toHaveLength(2);

  const json = await demo.run("apply", "-y", "--json");
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, diagnostics: including(like({ severity: "error" })) });
});

it.each([["plan"], ["apply"], ["ps"], ["tick"], ["watch"], ["logs", "x"], ["destroy", "x"], ["proxy", "serve"]])(
  "`%s` outside a repository says so",
  async (...args) => {
    await using demo = await createDemo();
    const ran = await demo.run(...args, "-C", "/");
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain("/ is not inside a git repository");
  },
);
