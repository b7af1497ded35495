import { describe, expect, it } from "vitest";

import { parseServiceFile } from "../../src/config/parse.ts";
import { file, parseLines, service, shorts } from "./parsing.ts";

describe("parseServiceFile()", () => {
  it("applies every default", () => {
    expect(service("type: service\nname: web\nport: 8000\ncommands: [run]\n").spec).toEqual({
      port: { local_port: 80, container_port: 8000 },
      gateway: null,
      strip_prefix: true,
      model: null,
      https: true,
      auth: true,
      replicas: { min: 1, max: 1 },
      scaling: null,
      rate_limits: [],
      probes: [],
      commands: ["run"],
      type: "service",
      name: "web",
      image: null,
      user: null,
      privileged: false,
      entrypoint: null,
      working_dir: null,
      home_dir: "/root",
      registry_auth: null,
      python: null,
      nvcc: null,
      single_branch: true,
      env: {},
      shell: null,
      resources: {
        cpu: { arch: null, count: { min: 2, max: null } },
        memory: { min: 8, max: null },
        shm_size: null,
        gpu: null,
        disk: { size: { min: 100, max: null } },
      },
      priority: 0,
      volumes: [],
      docker: null,
      repos: [],
      files: [],
      setup: [],
      backends: null,
      regions: null,
      availability_zones: null,
      instance_types: null,
      reservation: null,
      spot_policy: null,
      retry: null,
      max_duration: null,
      stop_duration: null,
      max_price: null,
      creation_policy: null,
      idle_duration: null,
      utilization_policy: null,
      startup_order: null,
      stop_criteria: null,
      schedule: null,
      fleets: null,
      tags: null,
    });
  });

  it.each([
    ["port: '8080'", { port: { local_port: 80, container_port: 8080 } }],
    ["port: 8080:8000", { port: { local_port: 8080, container_port: 8000 } }],
    ["port: {local_port: 1, container_port: '2'}", { port: { local_port: 1, container_port: 2 } }],
    ["gateway: false", { gateway: false }],
    ["gateway: main", { gateway: "main" }],
    ["auth: no", { auth: false }],
    ["auth: n", { auth: false }],
    ["https: auto", { https: "auto" }],
    ["strip_prefix: 'off'", { strip_prefix: false }],
    ["replicas: 3", { replicas: { min: 3, max: 3 } }],
    ["replicas: '2'", { replicas: { min: 2, max: 2 } }],
    ["replicas: 3..3", { replicas: { min: 3, max: 3 } }],
    ["replicas: 0", { replicas: { min: 0, max: 0 } }],
    ["replicas: {min: 2, max: 2}", { replicas: { min: 2, max: 2 } }],
    ["env: [A, B=1, C=x=y, D=]", { env: { A: null, B: "1", C: "x=y", D: "" } }],
    [
      "env: {A: 1, B: x, C: 1.5, __proto__: p}",
      {
        env: Object.fromEntries([
          ["A", "1"],
          ["B", "x"],
          ["C", "1.5"],
          ["__proto__", "p"],
        ]),
      },
    ],
    ["user: 1000:wheel", { user: "1000:wheel" }],
    ["shell: /bin/zsh", { shell: "/bin/zsh" }],
    ["priority: 100", { priority: 100 }],
    ["nvcc: true", { nvcc: true }],
    ["docker: false", { docker: false }],
    ["working_dir: app", { working_dir: "app" }],
    ["commands: [1, 2.5]", { commands: ["1", "2.5"] }],
    [
      "files: [a, .:app, {local_path: b, path: /c}]",
      {
        files: [
          { local_path: "a", path: "a" },
          { local_path: ".", path: "app" },
          { local_path: "b", path: "/c" },
        ],
      },
    ],
    [
      "probes: [{type: http}]",
      {
        probes: [
          {
            type: "http",
            url: "/",
            method: "get",
            headers: [],
            body: null,
            timeout: 10,
            interval: 15,
            ready_after: 1,
            until_ready: false,
          },
        ],
      },
    ],
    [
      "probes: [{type: http, url: /h, method: post, body: x, timeout: 2m, interval: 1 m, ready_after: '3', headers: [{name: A, value: 1}]}]",
      {
        probes: [
          {
            type: "http",
            url: "/h",
            method: "post",
            headers: [{ name: "A", value: "1" }],
            body: "x",
            timeout: 120,
            interval: 60,
            ready_after: 3,
            until_ready: false,
          },
        ],
      },
    ],
    ["probes: [{type: http, body: x}]", { probes: [expect.objectContaining({ method: "get", body: "x" })] }],
    ["volumes: []", { volumes: [] }],
    ["rate_limits: []\nretry:", { rate_limits: [], retry: null }],
  ])("reads %s", (lines, expected) => {
    // The line replaces the one of the valid service, so that no key is there twice.
    const key = /^\w+/.exec(lines)?.[0] ?? "";
    const base = ["type: service", "name: web", "port: 80", "image: nginx"].filter(
      (line) => !line.startsWith(`${key}:`),
    );
    expect(service([...base, lines].join("\n")).spec).toMatchObject(expected);
  });

  it.each([
    ["ports: [80]", "error unknown-property 5:1 ports"],
    ["comands: [a]", "error unknown-property 5:1 comands"],
    ["probes: [{type: http, uri: /}]", "error unknown-property 5:23 probes[0].uri"],
    ["probes: [{url: /}]", "error missing-property 5:11 probes[0].type"],
    ["probes: [{type: exec}]", "error wrong-type 5:17 probes[0].type"],
    ["probes: [{type: http, url: h}]", "error invalid-value 5:28 probes[0].url"],
    [`probes: [{type: http, url: "/\\u0007"}]`, "error invalid-value 5:28 probes[0].url"],
    [`probes: [{type: http, url: /${"a".repeat(2048)}}]`, "error invalid-value 5:28 probes[0].url"],
    ["probes: [{type: http, method: GET}]", "error wrong-type 5:31 probes[0].method"],
    ["probes: [{type: http, method: head, body: x}]", "error invalid-value 5:43 probes[0].body"],
    ["probes: [{type: http, timeout: 301}]", "error invalid-value 5:32 probes[0].timeout"],
    ["probes: [{type: http, timeout: 0s}]", "error invalid-value 5:32 probes[0].timeout"],
    ["probes: [{type: http, interval: 500ms}]", "error invalid-value 5:33 probes[0].interval"],
    ["probes: [{type: http, ready_after: 0}]", "error invalid-value 5:36 probes[0].ready_after"],
    ["probes: [{type: http}, {type: http}]", "error invalid-value 5:24 probes[1]"],
    [
      `probes: [${Array.from({ length: 11 }, (_, index) => `{type: http, url: /${index}}`).join(", ")}]`,
      "error invalid-value 5:9 probes",
    ],
    [
      `probes: [{type: http, headers: [${"{name: a, value: b},".repeat(17)}]}]`,
      "error invalid-value 5:32 probes[0].headers",
    ],
    ["replicas: 1..4", "error conflict 5:11 replicas"],
    ["replicas: 4..", "error invalid-value 5:11 replicas"],
    ["replicas: -1..4", "error invalid-value 5:11 replicas"],
    ["replicas: 4..1", "error invalid-value 5:11 replicas"],
    ["replicas: ..", "error invalid-value 5:11 replicas"],
    ["replicas: 1...3", "error wrong-type 5:11 replicas"],
    ["replicas: {min: 1, max: 1, mean: 1}", "error unknown-property 5:28 replicas.mean"],
    ["replicas: [{count: 1}]", "error wrong-type 5:11 replicas"],
    ["gateway: true", "error invalid-value 5:10 gateway"],
    ["gateway: false\nhttps: false", "error gateway-required 6:1 https"],
    ["auth: maybe", "error wrong-type 5:7 auth"],
    ["env: [A, A=1]", "error invalid-value 5:10 env[1]"],
    ["env: {A: }", "error invalid-value 5:7 env.A"],
    ["env: [{A: 1}]", "error wrong-type 5:7 env[0]"],
    ["env: ['=x']", "error invalid-value 5:7 env[0]"],
    ["user: 'a:b:c'", "error invalid-value 5:7 user"],
    ["user: -1", "error invalid-value 5:7 user"],
    ["shell: zsh", "error invalid-value 5:8 shell"],
    ["priority: 101", "error invalid-value 5:11 priority"],
    ["python: '3.8'", "error wrong-type 5:9 python"],
    ["python: '3.12'", "error conflict 5:1 python"],
    ["docker: true", "error conflict 5:1 docker"],
    ["commands: run", "error wrong-type 5:11 commands"],
    ["files: ['a:b:c']", "error invalid-value 5:9 files[0]"],
    ["resources: {vram: 1GB}", "error unknown-property 5:13 resources.vram"],
    ["resources: {memory: 512KB}", "error invalid-value 5:21 resources.memory"],
    ["spot_policy: never", "error wrong-type 5:14 spot_policy"],
    ["max_price: 0", "error invalid-value 5:12 max_price"],
    ["setup: [a]", "warning no-effect 5:1 setup"],
    ["idle_duration: 30m", "note no-effect 5:1 idle_duration"],
    ["idle_duration: off", "note no-effect 5:1 idle_duration"],
    ["groups: []", "error unknown-property 5:1 groups"],
  ])("finds what is wrong with %s", (line, expected) => {
    const found = shorts(parseLines(line));
    expect(found).toContain(expected);
  });

  it.each([
    ["", "error empty-file 1:1", "invalid"],
    ["# nothing\n", "error empty-file 1:1", "invalid"],
    ["- a\n", "error wrong-type 1:1", "invalid"],
    ["name: web\n", "error missing-property 1:1 type", "invalid"],
    ["type: servce\n", "error unknown-type 1:7 type", "invalid"],
    ["type: task\nanything: [goes]\n", "note other-type 1:7 type", "other"],
    ["type: service\nport: 80\nimage: x\n", "error missing-property 1:1 name", "invalid"],
    ["type: service\nname: web\nport: 80\n", "error missing-property 1:1 commands", "invalid"],
    ["type: service\nname: web\nport: 80\nimage: ''\n", "error missing-property 1:1 commands", "invalid"],
    ["type: service\nname: A_b\nport: 80\nimage: x\n", "error invalid-value 2:7 name", "invalid"],
    ['type: service\nname: "web\\n"\nport: 80\nimage: x\n', "error invalid-value 2:7 name", "invalid"],
    ["type: service\nname: a\nport: 80\nimage: x\n", "error invalid-value 2:7 name", "invalid"],
    ["type: service\nname: web\nport: 0\nimage: x\n", "error invalid-value 3:7 port", "invalid"],
    ["type: service\nname: web\nport: '*:80'\nimage: x\n", "error wrong-type 3:7 port", "invalid"],
    ["type: service\nname: web\nport: 80:70000\nimage: x\n", "error invalid-value 3:7 port", "invalid"],
    [
      "type: service\nname: web\nport: 80\nresources: {gpu: amd}\ncommands: [a]\n",
      "error image-required 4:1 resources",
      "invalid",
    ],
    [
      "type: service\nname: web\nport: 80\nresources: {cpu: 'arm:2'}\ncommands: [a]\n",
      "error image-required 4:1 resources",
      "invalid",
    ],
  ])("judges the file %j", (text, expected, kind) => {
    const parsed = parseServiceFile(file(text));
    expect(shorts(parsed)).toEqual([expected]);
    expect(parsed.kind).toBe(kind);
  });

  it("tells all problems at once, in the order of the file", () => {
    const found = parseServiceFile(
      file("type: service\nname: Web\nprt: 80\nenv: [A, A]\nimage: x\npython: '3.12'\nimage: y\n"),
    );
    expect(shorts(found)).toEqual([
      "error missing-property 1:1 port",
      "error invalid-value 2:7 name",
      "error unknown-property 3:1 prt",
      "error invalid-value 4:10 env[1]",
      "error conflict 6:1 python",
      "error duplicate-key 7:1",
    ]);
    expect(found.diagnostics[2]).toMatchObject({ hint: "did you mean `port`?", endLine: 3, endColumn: 4 });
    expect(found.diagnostics[5]).toMatchObject({ related: { file: "service.dstack.yml", line: 5, column: 1 } });
  });

  it("gives equal meaning an equal fingerprint", () => {
    const a = service(
      "type: service\nname: web\nport: 80\nimage: x\nenv: [A=1, B]\nresources: {memory: 8192MB.., disk: 100}\n",
    );
    const b = service(
      "# other\nimage: 'x'\nport: 80:80\nname: web\nresources:\n  disk: {size: 100GB}\nenv:\n- B\n- A=1\nreplicas: 1..1\ntype: service",
    );
    expect(a.fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(b.fingerprint).toBe(a.fingerprint);
    expect(service("type: service\nname: web\nport: 81\nimage: x\n").fingerprint).not.toBe(a.fingerprint);
  });

  it("locates properties, also behind shorthand", () => {
    const found = service(
      "type: service\nname: web\nport: 80\nimage: x\nenv:\n  - A\n  - MODEL=a\nprobes:\n  - type: http\n    url: /h\n",
    );
    expect(found.locate("probes[0].url")).toEqual({ line: 10, column: 5, endLine: 10, endColumn: 12 });
    expect(found.locate("env.MODEL")).toEqual({ line: 7, column: 5, endLine: 7, endColumn: 12 });
    expect(found.locate("env.A")?.line).toBe(6);
    expect(found.locate("port.container_port")).toEqual({ line: 3, column: 1, endLine: 3, endColumn: 9 });
    expect(found.locate("probes[0].interval")?.line).toBe(9);
    expect([found.has("env.MODEL"), found.has("env.B"), found.has("image"), found.has("auth")]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
