import { describe, expect, it } from "vitest";

import { serviceFields } from "../../src/config/fields/service.ts";
import type { JobFile, PinnedFiles } from "../../src/config/job.ts";
import { diffRevisions } from "../../src/diff/compare.ts";
import { diffFiles } from "../../src/diff/diff-files.ts";
import { properties, updatePolicy } from "../../src/diff/update-policy.ts";
import { service } from "../config/parsing.ts";

const base = "type: service\nname: web\n";

const port = "port: 80\nimage: x";

function spec(lines: string) {
  return service(`${base}${lines}\n`).spec;
}

describe("updatePolicy", () => {
  it("lists every property in the order in which they are declared", () => {
    expect(properties).toEqual(Object.keys(serviceFields));
  });

  it("rolls what the reference page lists, and restarts for the rest", () => {
    const rolling = [
      "port",
      "probes",
      "resources",
      "volumes",
      "docker",
      "files",
      "image",
      "user",
      "privileged",
      "entrypoint",
      "working_dir",
      "python",
      "nvcc",
      "single_branch",
      "env",
      "shell",
      "commands",
    ];
    expect(properties.filter((property) => updatePolicy[property] === "rolling").toSorted()).toEqual(
      rolling.toSorted(),
    );
    expect(properties.filter((property) => updatePolicy[property] === "in-place")).toEqual([
      "replicas",
      "scaling",
      "priority",
    ]);
  });
});

describe("diffRevisions()", () => {
  it.each([
    ["the same", port, port, "none", []],
    [
      "the same, written otherwise",
      `${port}\nresources: {memory: 8GB.., cpu: 2..}\nenv: [A=1]`,
      `image: 'x'\nport: 80:80\nenv: {A: 1}\nresources: {memory: 8192MB..}`,
      "none",
      [],
    ],
    ["replicas", port, `${port}\nreplicas: 2`, "scale", ["replicas in-place"]],
    ["priority", port, `${port}\npriority: 5`, "update", ["priority in-place"]],
    [
      "replicas and priority",
      port,
      `${port}\nreplicas: 2\npriority: 5`,
      "update",
      ["replicas in-place", "priority in-place"],
    ],
    ["the port outside", port, "port: 8080:80\nimage: x", "update", ["port.local_port in-place"]],
    ["the port inside", port, "port: 81\nimage: x", "rolling", ["port.container_port rolling"]],
    ["one variable", `${port}\nenv: [A=1, B=2]`, `${port}\nenv: [A=1, B=3]`, "rolling", ["env.B rolling"]],
    ["a variable that is gone", `${port}\nenv: [A=1, B=2]`, `${port}\nenv: [B=2]`, "rolling", ["env.A rolling"]],
    ["two variables", `${port}\nenv: [A=1, B=2]`, `${port}\nenv: [A=2, B=3]`, "rolling", ["env rolling"]],
    [
      "a probe's interval",
      `${port}\nprobes: [{type: http}]`,
      `${port}\nprobes: [{type: http, interval: 1s}]`,
      "rolling",
      ["probes[0].interval rolling"],
    ],
    ["a property that changes nothing inside", port, `${port}\ndocker: false`, "update", ["docker in-place"]],
    [
      "the shell that it has anyway",
      "port: 80\ncommands: [a]",
      "port: 80\ncommands: [a]\nshell: bash",
      "update",
      ["shell in-place"],
    ],
    ["another shell", "port: 80\ncommands: [a]", "port: 80\ncommands: [a]\nshell: sh", "rolling", ["shell rolling"]],
    [
      "blanks around a command",
      "port: 80\ncommands: [a]",
      "port: 80\ncommands: [' a ']",
      "update",
      ["commands[0] in-place"],
    ],
    [
      "blanks around an argument",
      `${port}\nentrypoint: e\ncommands: [a]`,
      `${port}\nentrypoint: e\ncommands: [' a ']`,
      "rolling",
      ["commands[0] rolling"],
    ],
    ["nvcc of an image of one's own", port, `${port}\nnvcc: true`, "update", ["nvcc in-place"]],
    [
      "the same working directory",
      `${port}\nworking_dir: app`,
      `${port}\nworking_dir: /workflow/app`,
      "update",
      ["working_dir in-place"],
    ],
    [
      "the same working directory in other words",
      `${port}\nworking_dir: app`,
      `${port}\nworking_dir: ./app/`,
      "update",
      ["working_dir in-place"],
    ],
    [
      "commands that make the same script",
      "port: 80\ncommands: [a, b]",
      "port: 80\ncommands: [a && b]",
      "update",
      ["commands in-place"],
    ],
    [
      "quotes and blanks of an entry point",
      `${port}\nentrypoint: e 'x'`,
      `${port}\nentrypoint: e  x`,
      "update",
      ["entrypoint in-place"],
    ],
    [
      "words that move from the entry point to the commands",
      `${port}\nentrypoint: e x`,
      `${port}\nentrypoint: e\ncommands: [x]`,
      "update",
      ["commands in-place", "entrypoint in-place"],
    ],
    [
      "words that leave the entry point",
      `${port}\nentrypoint: e x`,
      `${port}\nentrypoint: e\ncommands: [y]`,
      "rolling",
      ["commands rolling", "entrypoint rolling"],
    ],
    ["any number of GPUs", port, `${port}\nresources: {gpu: 0..}`, "update", ["resources.gpu in-place"]],
    ["no GPU", port, `${port}\nresources: {gpu: 0}`, "rolling", ["resources.gpu rolling"]],
    [
      "the vendor of a model",
      `${port}\nresources: {gpu: A100}`,
      `${port}\nresources: {gpu: nvidia:A100}`,
      "update",
      ["resources.gpu.vendor in-place"],
    ],
    [
      "the vendor of the default image",
      "port: 80\ncommands: [a]\nresources: {gpu: 24GB}",
      "port: 80\ncommands: [a]\nresources: {gpu: nvidia:24GB}",
      "update",
      ["resources.gpu.vendor in-place"],
    ],
    [
      "a vendor for an image that runs on any",
      `${port}\nresources: {gpu: 24GB}`,
      `${port}\nresources: {gpu: nvidia:24GB}`,
      "rolling",
      ["resources.gpu.vendor rolling"],
    ],
    [
      "a variable's name for its value in a probe",
      `${port}\nenv: [P=h]\nprobes: [{type: http, url: /h}]`,
      `${port}\nenv: [P=h]\nprobes: [{type: http, url: '/\${{ env.P }}'}]`,
      "update",
      ["probes[0].url in-place"],
    ],
    [
      "a variable's name for its value in credentials",
      `${port}\nenv: [P=h]\nregistry_auth: {username: u, password: h}`,
      `${port}\nenv: [P=h]\nregistry_auth: {username: u, password: '\${{ env.P }}'}`,
      "update",
      ["registry_auth.password in-place"],
    ],
    [
      "a variable that credentials refer to",
      `${port}\nenv: [P=h]\nregistry_auth: {username: u, password: '\${{ env.P }}'}`,
      `${port}\nenv: [P=i]\nregistry_auth: {username: u, password: '\${{ env.P }}'}`,
      "restart",
      ["env.P restart"],
    ],
    [
      "a variable that credentials no longer refer to",
      `${port}\nenv: [P=h]\nregistry_auth: {username: u, password: '\${{ env.P }}'}`,
      `${port}\nenv: [P=i]\nregistry_auth: {username: u, password: h}`,
      "rolling",
      ["registry_auth.password in-place", "env.P rolling"],
    ],
    ["a command", "port: 80\ncommands: [a, b]", "port: 80\ncommands: [a, c]", "rolling", ["commands[1] rolling"]],
    ["auth", port, `${port}\nauth: false`, "restart", ["auth restart"]],
    ["https, given as it is by default", port, `${port}\nhttps: true`, "none", []],
    [
      "everything, in declaration order",
      port,
      `gateway: false\nenv: [A]\nport: 81\nreplicas: 2\ncommands: [a]`,
      "restart",
      [
        "port.container_port rolling",
        "gateway restart",
        "replicas in-place",
        "commands rolling",
        "image rolling",
        "env.A rolling",
      ],
    ],
  ])("tells the effect of %s", (_, ...[before, after, action, changes]) => {
    const diff = diffRevisions({ spec: spec(before), files: [] }, { spec: spec(after), files: [] });
    expect(diff.changes.map(({ path, effect }) => `${path} ${effect}`)).toEqual(changes);
    expect([diff.action, diff.redeploys]).toEqual([action, action === "rolling" || action === "restart"]);
  });

  const pinned = (content: string, local_path = "one"): PinnedFiles => [
    { local_path, path: "/a", content, kind: "file" },
  ];

  it.each([
    ["another content", "one:/a", pinned("1"), "one:/a", pinned("2"), "rolling", ["files[0] rolling"]],
    [
      "another local path of the same content",
      "one:/a",
      pinned("1"),
      "two:/a",
      pinned("1", "two"),
      "update",
      ["files[0].local_path in-place"],
    ],
    [
      "another local path and content",
      "one:/a",
      pinned("1"),
      "two:/a",
      pinned("2", "two"),
      "rolling",
      ["files[0].local_path rolling"],
    ],
    ["the same content", "one:/a", pinned("1"), "one:/a", pinned("1"), "none", []],
  ])("counts the contents of files: %s", (_, ...[before, beforeFiles, after, afterFiles, action, changes]) => {
    const diff = diffRevisions(
      { spec: spec(`${port}\nfiles: ['${before}']`), files: beforeFiles },
      { spec: spec(`${port}\nfiles: ['${after}']`), files: afterFiles },
    );
    expect([diff.action, diff.changes.map(({ path, effect }) => `${path} ${effect}`)]).toEqual([action, changes]);
  });
});

describe("diffFiles()", () => {
  it("names the line that causes each change; a removed property's in OLD", () => {
    const before = service(`${base}image: nginx\nenv:\n  - A=1\n  - OLD=2\nport: 80\nfiles: [./a]\n`);
    const after = service(
      `${base}commands: [run]\nenv:\n  A: "1"\nauth: false\nport: 8080:80\nreplicas: 2\nfiles: [b]\n`,
    );
    expect(diffFiles(before, after)).toEqual({
      version: 1,
      action: "restart",
      reason: "`auth` cannot be updated in a run that exists",
      hint: "without `auth`, `port`, `replicas`, `commands`, `image`, `env` and `files` would be rolled: two commits keep the restart apart",
      redeploys: true,
      changes: [
        { property: "port", path: "port.local_port", effect: "in-place", file: "NEW", line: 7 },
        { property: "auth", path: "auth", effect: "restart", file: "NEW", line: 6 },
        { property: "replicas", path: "replicas", effect: "in-place", file: "NEW", line: 8 },
        { property: "commands", path: "commands", effect: "rolling", file: "NEW", line: 3 },
        { property: "image", path: "image", effect: "rolling", file: "OLD", line: 3 },
        { property: "env", path: "env.OLD", effect: "rolling", file: "OLD", line: 6 },
        { property: "files", path: "files[0]", effect: "rolling", file: "NEW", line: 9 },
      ],
    });
  });

  const content = (local_path: string, id: string): [string, JobFile] => [
    local_path,
    { local_path, path: "/a", content: `sha256:${id}`, kind: "directory" },
  ];
  const [one, same, other] = [content("one", "1"), content("two", "1"), content("one", "2")];

  it.each<[string, string, string, readonly [string, JobFile][], readonly [string, JobFile][], readonly string[]]>([
    ["another content", "one:/a", "one:/a", [one], [other], ["files[0] rolling"]],
    ["the same content", "one:/a", "one:/a", [one], [one], []],
    ["the same content elsewhere", "one:/a", "two:/a", [one], [same], ["files[0].local_path in-place"]],
    ["a content that is known in OLD alone", "one:/a", "one:/a", [one], [], []],
    ["a content that is known in NEW alone", "one:/a", "one:/a", [], [one], []],
    ["contents of which one is not known", "one:/a", "two:/a", [one], [], ["files[0].local_path rolling"]],
  ])("compares contents that are there: %s", (_, ...[before, after, old, now, changes]) => {
    const [left, right] = [before, after].map((mapping) => service(`${base}${port}\nfiles: ['${mapping}']\n`));
    if (left === undefined || right === undefined) throw new Error("no services");
    const diff = diffFiles(left, right, { before: new Map(old), after: new Map(now) });
    expect(diff.changes.map(({ path, effect }) => `${path} ${effect}`)).toEqual(changes);
  });
});
