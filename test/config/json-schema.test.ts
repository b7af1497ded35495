import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { profilesFileSchema, serviceFileSchema, settingsFileSchema } from "../../src/config/json-schema.ts";
import { parseServiceFile } from "../../src/config/parse.ts";
import type { JsonSchema } from "../../src/config/schema/schema.ts";
import { marks, plainText } from "./editors.ts";
import { file } from "./parsing.ts";
import { spellings } from "./spellings.ts";

const schemas = { service: serviceFileSchema(), settings: settingsFileSchema(), profiles: profilesFileSchema() };
const base = { type: "service", name: "web", port: 80, commands: ["run"], env: ["A"] };

describe("an example", () => {
  const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
  const kinds = [
    ["service", globSync(["**/*.dstack.yml", "**/.dstack.yml"], { cwd: folder })],
    ["settings", globSync("*/.dstack/gitops.yml", { cwd: folder })],
    ["profiles", globSync("*/.dstack/profiles.yml", { cwd: folder })],
  ] as const;

  it.each(kinds.flatMap(([kind, paths]) => paths.map((path) => ({ kind, path }))))(
    "$path is marked nowhere, by editors of YAML 1.1 and 1.2",
    ({ kind, path }) => {
      const text = readFileSync(`${folder}${path}`, "utf8");
      expect(marks(schemas[kind], plainText(text))).toEqual([]);
      expect(marks(schemas[kind], parse(text))).toEqual([]);
    },
  );
});

describe("every way to write a property", () => {
  const ways = Object.entries(spellings).flatMap(([property, meanings]) =>
    meanings.flat().flatMap((way) => (way === undefined ? [] : [{ property, way }])),
  );

  it.each(ways)("$property: $way", ({ property, way }) => {
    expect(marks(schemas.service, { ...base, [property]: way })).toEqual([]);
  });
});

describe("what YAML 1.2 and 1.1 make of a word", () => {
  it.each([
    "auth: off",
    "auth: yes",
    "auth: 'True'",
    "auth: 0",
    "strip_prefix: no",
    "https: off",
    "https: auto",
    "gateway: false",
    "retry: on",
    "retry: no",
    "max_duration: off",
    "max_duration: Off",
    "stop_duration: no",
    "idle_duration: -1",
    "max_duration:",
    "python: 3.12",
    "python: 3.10",
    'python: "3.10"',
    'port: "8000"',
    "port: 80:8000",
    "resources: { gpu: 1 }",
    "resources: { gpu: 24GB..40GB:2 }",
    "resources: { gpu: 'nvidia:A100,H100:2..4' }",
    "resources: { gpu: { count: 0.., memory: 16, compute_capability: 7.5 } }",
    "resources: { cpu: X86:8.., memory: 1.5TB, disk: }",
    "resources: { cpu: { min: 2 }, memory: { max: 16 GB }, disk: { size: 200 } }",
    "replicas: '2'",
    "replicas: { min: 2, max: 2 }",
    "env: { PORT: 80, NAME: x }",
    "env: [HF_TOKEN, 'TEXT=two\n\n  lines']",
    "priority:",
    "probes: [{ type: http, timeout: 1.5, interval: 1 m, ready_after: '3', until_ready: on, body: }]",
    "retry: { on_events:, duration: }",
    "max_price: '1.5'",
    "tags: { a: '1' }",
    "volumes: [data:/data, /host:/inside, { name: [a, b], path: /c }]",
    "files: ['.', 'a:b', 'C:\\x:/y']",
    "repos: ['https://host/path.git:/inside']",
    "repos: ['git@host:path.git']",
    "schedule: { cron: ['0 8 * * mon-fri', '*/5  1-3 * jan 0'] }",
  ])("%s is accepted by the program and by editors of both", (line) => {
    const lines = Object.entries(base).filter(([key]) => !line.startsWith(key));
    const text = `${lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join("")}${line}\n`;
    const { diagnostics } = parseServiceFile(file(text));
    expect(diagnostics.filter(({ code, severity }) => severity === "error" && code !== "not-supported-yet")).toEqual(
      [],
    );
    expect(marks(schemas.service, plainText(text))).toEqual([]);
    expect(marks(schemas.service, parse(text))).toEqual([]);
  });
});

describe("a mistake", () => {
  it.each([
    ["an unknown property", { comands: ["x"] }, "/"],
    ["an unknown property of a probe", { probes: [{ type: "http", path: "/" }] }, "/probes/0"],
    ["an unknown property of resources", { resources: { vram: "1GB" } }, "/resources"],
    ["a list for a text", { image: ["a"] }, "/image"],
    ["a text for a list", { commands: "run" }, "/commands"],
    ["a mapping for a number", { priority: {} }, "/priority"],
    ["a word for a boolean", { auth: "maybe" }, "/auth"],
    ["2 for a boolean", { auth: 2 }, "/auth"],
    ["a word for a number", { priority: "high" }, "/priority"],
    ["a number out of range", { priority: 101 }, "/priority"],
    ["a port that is none", { port: "http" }, "/port"],
    ["a port out of range", { port: 70_000 }, "/port"],
    ["a gateway `true`", { gateway: true }, "/gateway"],
    ["a name with capitals", { name: "Web" }, "/name"],
    ["a name of one letter", { name: "w" }, "/name"],
    ["an unknown Python", { python: "2.7" }, "/python"],
    ["a shell by its path from here", { shell: "bin/zsh" }, "/shell"],
    ["an unknown word", { spot_policy: "always" }, "/spot_policy"],
    ["an unknown backend", { backends: ["aws", "moon"] }, "/backends/1"],
    ["an unknown event", { retry: { on_events: ["oom"] } }, "/retry"],
    ["no events", { retry: { on_events: [] } }, "/retry"],
    ["a duration of two units", { max_duration: "1h30m" }, "/max_duration"],
    ["a duration in an unknown unit", { stop_duration: "5M" }, "/stop_duration"],
    ["a negative duration", { max_duration: -1 }, "/max_duration"],
    ["too short a window", { utilization_policy: { min_gpu_utilization: 10, time_window: 60 } }, "/utilization_policy"],
    ["a window of another length", { scaling: { metric: "rps", target: 1, window: "10m" } }, "/scaling"],
    ["another metric", { scaling: { metric: "cpu", target: 1 } }, "/scaling"],
    ["no target", { scaling: { metric: "rps" } }, "/scaling"],
    ["a target of nothing", { scaling: { metric: "rps", target: 0 } }, "/scaling"],
    ["a size in an unknown unit", { resources: { memory: "16GiB" } }, "/resources/memory"],
    ["a size for a count", { resources: { cpu: "4GB" } }, "/resources/cpu"],
    ["another processor", { resources: { cpu: "sparc:2" } }, "/resources/cpu"],
    ["an empty part of a GPU", { resources: { gpu: "A100::2" } }, "/resources/gpu"],
    ["an unknown vendor", { resources: { gpu: { vendor: "acme" } } }, "/resources/gpu"],
    ["a range of nothing", { resources: { memory: ".." } }, "/resources/memory"],
    ["replicas without an end", { replicas: "1.." }, "/replicas"],
    ["fewer replicas than none", { replicas: -1 }, "/replicas"],
    ["a path of a probe that is none", { probes: [{ type: "http", url: "health" }] }, "/probes/0/url"],
    ["a probe of another kind", { probes: [{ type: "tcp" }] }, "/probes/0/type"],
    ["another method", { probes: [{ type: "http", method: "POST" }] }, "/probes/0/method"],
    ["too long a timeout", { probes: [{ type: "http", timeout: 301 }] }, "/probes/0/timeout"],
    ["the same probe twice", { probes: [{ type: "http" }, { type: "http" }] }, "/probes"],
    ["a variable with a bad name", { env: ["A B=1"] }, "/env"],
    ["a variable without a value in a mapping", { env: { A: null } }, "/env"],
    ["a volume on a path from here", { volumes: ["data:data"] }, "/volumes/0"],
    ["a volume with three parts", { volumes: ["data:/data:ro"] }, "/volumes/0"],
    ["a file with three parts", { files: ["a:b:c"] }, "/files/0"],
    ["two repositories", { repos: ["a", "b"] }, "/repos"],
    ["a key of credentials left out", { registry_auth: { username: "a" } }, "/registry_auth"],
    ["another protocol of a model", { model: { name: "a", format: "grpc" } }, "/model"],
    ["a header's name with blanks", { rate_limits: [{ rps: 1, key: { type: "header", header: "a b" } }] }, "/rate"],
    ["a limit without a rate", { rate_limits: [{ prefix: "/" }] }, "/rate_limits/0"],
    ["a cron expression of four fields", { schedule: { cron: "0 8 * *" } }, "/schedule"],
    ["a tag's key with blanks", { tags: { "a b": "c" } }, "/tags"],
  ])("%s is marked where it stands, and refused by the program", (_, given, place) => {
    const value = { ...base, ...given };
    expect(
      marks(schemas.service, value).filter((mark) => ` ${mark}`.includes(` ${place === "/" ? "" : place}`)),
    ).not.toEqual([]);
    const { diagnostics } = parseServiceFile(file(JSON.stringify(value)));
    expect(diagnostics.filter(({ code }) => code !== "not-supported-yet" && code !== "conflict")).not.toEqual([]);
  });

  it.each([
    ["service", { ...base, port: undefined }],
    ["service", { ...base, type: undefined }],
    ["service", { ...base, type: "srevice" }],
    ["service", []],
    ["settings", { policy: { rollout: { drain: "soon" } } }],
    ["settings", { policy: { budgets: {} } }],
    ["settings", { policy: { budget: { hourly: -1 } } }],
    ["settings", { policy: { services: { web: { brake: {} } } } }],
    ["settings", { gateways: [{ name: "a", type: "apache" }] }],
    ["settings", { gateways: [{ name: "a", type: "nginx", listen: "80" }] }],
    ["settings", { backends: [] }],
    ["settings", { auth: { tokens: ["a-b"] } }],
    ["profiles", { profiles: [{ max_price: 1 }] }],
    ["profiles", { profiles: [{ name: "a", spot_policy: "always" }] }],
    ["profiles", { profiles: [{ name: "a", port: 80 }] }],
    ["profiles", {}],
  ] as const)("%s %j is marked", (kind, value) => {
    expect(marks(schemas[kind], z.unknown().parse(JSON.parse(JSON.stringify(value))))).not.toEqual([]);
  });
});

describe("recorded inputs", () => {
  const Cases = z.object({ cases: z.array(z.object({ name: z.string(), input: z.unknown() })) });
  const placed: Readonly<Record<string, (input: unknown) => object>> = {
    configurations: (input) => z.looseObject({}).safeParse(input).data ?? {},
    durations: (input) => ({ retry: { duration: input } }),
    env: (input) => ({ env: input }),
    probes_config: (input) => z.looseObject({}).parse(input),
    profiles: (input) => z.looseObject({}).safeParse(input).data ?? {},
    rate_limits_config: (input) => z.looseObject({}).parse(input),
    resources_cpu: (input) => ({ resources: { cpu: input } }),
    resources_gpu: (input) => ({ resources: { gpu: input } }),
    resources_memory: (input) => ({ resources: { memory: input } }),
    resources_spec: (input) => ({ resources: input }),
  };
  const inputs = Object.entries(placed).flatMap(([name, place]) => {
    const text = readFileSync(new URL(`../fixtures/cases/${name}.json`, import.meta.url), "utf8");
    return Cases.parse(JSON.parse(text)).cases.map((each) => ({
      name: `${name}: ${each.name}`,
      value: { ...base, ...place(each.input) },
    }));
  });
  /** What the program finds wrong, but for rules between properties; a note is nothing wrong. */
  const wrong = (value: unknown): readonly string[] =>
    parseServiceFile(file(JSON.stringify(value)))
      .diagnostics.filter(({ severity }) => severity !== "note")
      .map(({ code }) => code)
      .filter((code) => !["not-supported-yet", "conflict", "image-required"].includes(code));
  const marked = ({ value }: (typeof inputs)[number]): boolean => marks(schemas.service, value).length > 0;

  it("are marked where the program accepts them only if they mean nothing", () => {
    const accepted = inputs.filter(({ value }) => wrong(value).length === 0);
    expect(accepted.length).toBeGreaterThan(140);
    expect(accepted.filter(marked).map(({ name }) => name)).toEqual(["resources_memory: memory/negative"]);
  });

  it("are marked where the program refuses them, but for what no schema can tell", () => {
    const refused = inputs.filter(({ value }) => wrong(value).length > 0);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.filter((each) => !marked(each)).map(({ name }) => name)).toEqual(beyondSchemas);
  });
});

/** A name given twice, amounts in other units, and tokens of one kind given twice. */
const beyondSchemas = [
  "configurations: service/utilization-short",
  "env: env/dup-mixed",
  "probes_config: probe/body-get",
  "probes_config: probe/body-head",
  "rate_limits_config: rate_limit/dup-prefix",
  "rate_limits_config: rate_limit/dup-default-prefix",
  "resources_gpu: gpu/vendor-conflict",
  "resources_gpu: gpu/H100:80GB:80GB",
  "resources_gpu: gpu/foo:bar",
  "resources_gpu: gpu/nvidia:nvidia",
  "resources_gpu: gpu/{'compute_capability':_8.0}",
];

describe("every property at every level", () => {
  it.each(Object.entries(schemas).flatMap(([kind, schema]) => propertiesOf(schema, kind)))(
    "$path is described, with examples that are its own",
    ({ json }) => {
      expect(json["description"]).toMatch(/^[A-Z].*\.$/s);
      const examples = z.array(z.unknown()).min(1).parse(json["examples"]);
      const values = "default" in json ? [...examples, json["default"]] : examples;
      expect(values.flatMap((value) => marks(json, value))).toEqual([]);
    },
  );
});

interface Property {
  readonly path: string;
  readonly json: JsonSchema;
}

const Json: z.ZodType<JsonSchema> = z.record(z.string(), z.json());

function propertiesOf(json: JsonSchema, path: string): readonly Property[] {
  const named = Object.entries(Json.safeParse(json["properties"]).data ?? {}).flatMap(([name, value]) => {
    const property = { path: `${path}.${name}`, json: Json.parse(value ?? {}) };
    return [property, ...propertiesOf(property.json, property.path)];
  });
  const alternatives = z.array(Json).safeParse(json["anyOf"]).data ?? [];
  const inner = [json["items"], json["else"], ...alternatives].flatMap((form) => {
    const read = Json.safeParse(form);
    return read.success ? [read.data] : [];
  });
  return [...named, ...inner.flatMap((form) => propertiesOf(form, path))];
}
