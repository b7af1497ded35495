import { globSync, readFileSync } from "node:fs";
import { chmod, cp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { parseProfiles } from "../src/config/profiles.ts";
import { parseServices } from "../src/config/services.ts";
import { parseSettings } from "../src/config/settings-file.ts";
import { run } from "../src/run.ts";
import { tempDirectory, tempRepository } from "./support/temp-repository.ts";
import type { TempRepository } from "./support/temp-repository.ts";

const folder = join(import.meta.dirname, "../examples");
const serviceFiles = globSync(["**/*.dstack.yml", "**/.dstack.yml"], { cwd: folder }).toSorted();
const settingsFiles = globSync("*/.dstack/gitops.yml", { cwd: folder });
const profilesFiles = globSync("*/.dstack/profiles.yml", { cwd: folder });
const read = (path: string): { path: string; bytes: Uint8Array } => ({ path, bytes: readFileSync(join(folder, path)) });

const local = (reason: string): string => `local cannot run it: local ${reason}`;
const containers = local("runs processes of this host, no containers; leave `image` out, or use another backend");
const gpus = local("gives replicas no GPUs");

/** Why nothing runs an example where `local` is the only backend; `null`: it does. */
const refusals: Readonly<Record<string, string | null>> = {
  "dash/.dstack.yml": null,
  "docker-compose/.dstack.yml": local("gives replicas no Docker"),
  "env/.dstack.yml": gpus,
  "env/mapping.dstack.yml": null,
  "files/.dstack.yml": null,
  "files/model.dstack.yml": gpus,
  "gateway/.dstack.yml": null,
  "http-server/.dstack.yml": null,
  "images/nvcc.dstack.yml": local("has no CUDA compiler to give"),
  "images/own.dstack.yml": containers,
  "images/privileged.dstack.yml": containers,
  "images/python.dstack.yml": null,
  "nim/.dstack.yml": containers,
  "placement/.dstack.yml": "`backends: [aws, gcp]` names none of the settings' backends (local)",
  "probes/.dstack.yml": containers,
  "probes/post.dstack.yml": containers,
  "profiles/.dstack.yml": gpus,
  "quickstart/.dstack.yml": null,
  "rate-limits/.dstack.yml": containers,
  "rate-limits/by-header.dstack.yml": containers,
  "repos/.dstack.yml": gpus,
  "repos/url.dstack.yml": gpus,
  "resources/.dstack.yml": gpus,
  "retry/.dstack.yml": containers,
  "scaling/.dstack.yml": gpus,
  "schedule/.dstack.yml": gpus,
  "sglang/.dstack.yml": containers,
  "spot/.dstack.yml": gpus,
  "tgi/.dstack.yml": containers,
  "utilization/.dstack.yml": gpus,
  "vllm/.dstack.yml": gpus,
  "volumes/.dstack.yml": gpus,
  "volumes/instance.dstack.yml": local("mounts nothing"),
};

describe("what stands in examples/", () => {
  it.each(serviceFiles)("%s says nothing wrong", (path) => {
    const { services, diagnostics } = parseServices([read(path)]);
    expect(diagnostics).toEqual([]);
    expect(services).toHaveLength(1);
  });

  it("has a name of its own in each service file", () => {
    const names = serviceFiles.map((path) => /^name: (.+)$/m.exec(readFileSync(join(folder, path), "utf8"))?.[1]);
    expect(new Set(names).size).toBe(serviceFiles.length);
  });

  it.each(settingsFiles)("%s says nothing wrong", (path) => {
    const parsed = parseSettings(read(path));
    expect(parsed).toMatchObject({ settings: { project: "main" }, diagnostics: [] });
  });

  it.each(profilesFiles)("%s says nothing wrong", (path) => {
    expect(parseProfiles(read(path))).toMatchObject({
      profiles: [
        { name: "production", default: true, retry: { on_events: ["no-capacity", "interruption"], duration: 86_400 } },
        { name: "experiments", default: false, max_duration: 28_800, max_price: 0.8 },
      ],
      diagnostics: [],
    });
  });

  it.each([...serviceFiles, ...settingsFiles, ...profilesFiles])("%s names its schema for editors", (path) => {
    const kind = path.endsWith("gitops.yml") ? "settings" : path.endsWith("profiles.yml") ? "profiles" : "service";
    const up = "../".repeat(path.split("/").length);
    const [first] = readFileSync(join(folder, path), "utf8").split("\n");
    expect(first).toBe(`# yaml-language-server: $schema=${up}docs/${kind}.schema.json`);
  });

  it("is all in its README, once, and nothing else is", () => {
    const linked = [...readFileSync(join(folder, "README.md"), "utf8").matchAll(/\]\(([^)]+\.yml)\)/g)];
    expect(linked.map(([, path]) => String(path)).toSorted()).toEqual(
      [...serviceFiles, ...settingsFiles, ...profilesFiles].toSorted(),
    );
  });
});

const Plan = z.looseObject({ diagnostics: z.array(z.looseObject({ code: z.string() })) });

describe("planned", () => {
  let repository: TempRepository;
  let remote: TempRepository;
  let state: Awaited<ReturnType<typeof tempDirectory>>;

  beforeAll(async () => {
    [repository, state] = await Promise.all([tempRepository(), tempDirectory()]);
    await cp(folder, join(repository.path, "examples"), { recursive: true });
    await repository.commit({});
    // `repos` asks for a remote that has the branch.
    remote = await tempRepository({ bare: true });
    await repository.git("remote", "add", "origin", remote.path);
    await repository.git("push", "--quiet", "--set-upstream", "origin", "main");
    // The host need not have the Python that examples ask for: a plan only asks which one there is.
    const python = join(state.path, "python3.12");
    await writeFile(python, `#!/bin/sh\nprintf '3.12\\n${python}\\n'\n`);
    await chmod(python, 0o755);
  });

  afterAll(async () => {
    await Promise.all([repository, remote, state].map((each) => each[Symbol.asyncDispose]()));
  });

  async function plan(...args: readonly string[]): Promise<unknown> {
    let [stdout, stderr] = ["", ""];
    const exitCode = await run(["plan", "--json", ...args], {
      stdout: (text) => void (stdout += text),
      stderr: (text) => void (stderr += text),
      terminal: false,
      colors: false,
      ask: async () => null,
      env: {
        PATH: `${state.path}:${process.env["PATH"] ?? ""}`,
        HOME: state.path,
        XDG_STATE_HOME: state.path,
        DSTACK_TOKEN: "a-token",
        HF_TOKEN: "a-token",
        NGC_API_KEY: "a-key",
        PROBES_API_KEY: "a-key",
      },
      cwd: repository.path,
      signal: new AbortController().signal,
    });
    expect(exitCode, stderr + stdout).toBe(0);
    const planned = Plan.parse(JSON.parse(stdout));
    // A branch of somewhere else can be read or not, depending on the network of the test.
    return { ...planned, diagnostics: planned.diagnostics.filter(({ code }) => code !== "repos-unpinned") };
  }

  it("are all of them", () => {
    expect(Object.keys(refusals).toSorted()).toEqual(serviceFiles);
  });

  it.each(Object.entries(refusals))("%s would be created, or is refused for its reason", async (path, refusal) => {
    const settings = settingsFiles.find((each) => dirname(dirname(each)) === dirname(path));
    const given = settings === undefined ? [] : ["--settings", `examples/${settings}`];
    expect(await plan(`examples/${path}`, ...given)).toMatchObject({
      services: [
        {
          file: `examples/${path}`,
          action: "create",
          refusal,
          offers: refusal === null ? [{ backend: "local", region: "local", price: 0 }] : [],
        },
      ],
      diagnostics: [],
    });
  });

  it("together, they are the services of one repository", async () => {
    const { services } = z.object({ services: z.array(z.object({ file: z.string() })) }).parse(await plan("examples"));
    expect(services.map(({ file }) => file.replace("examples/", "")).toSorted()).toEqual(serviceFiles);
  });
});
