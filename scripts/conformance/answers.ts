import { z } from "zod";

import { envLookup, resolveValues, unknownHere, withGiven } from "../../src/config/env.ts";
import { computeCapability, gpu } from "../../src/config/fields/gpu.ts";
import { formatMemory, memory, memoryRange } from "../../src/config/fields/memory.ts";
import { formatRange, integerRange, intersectRanges } from "../../src/config/fields/range.ts";
import { cpuShorthand, disk } from "../../src/config/fields/resources.ts";
import { isGiven } from "../../src/config/given-env.ts";
import { interpolate } from "../../src/config/interpolate.ts";
import { formatResources } from "../../src/config/resources-text.ts";
import { parseUser } from "../../src/config/user.ts";
import { probesCell, probeSymbol } from "../../src/report/replica-table.ts";
import type { Answerer } from "./case.ts";
import { refused, skipped, unknownKind, value } from "./case.ts";
import { containerAnswer } from "./containers.ts";
import { diffAnswer } from "./diffs.ts";
import { autoscalerAnswer, retryAnswer, statsAnswer } from "./load.ts";
import { unmarked } from "./numbers.ts";
import { offersAnswer } from "./offers.ts";
import { fromProperty, fromSchema, fromSpec, readConfiguration } from "./parsing.ts";
import { cronAnswer, formattingAnswer, profilesAnswer, registrationAnswer, validationAnswer } from "./plans.ts";
import { rolloutAnswer } from "./rollouts.ts";
import { skips } from "./skips.ts";
import { stateAnswer } from "./states.ts";
import { resourcesWire, wireOf } from "./wire.ts";

const range = z.object({ min: z.number().nullable(), max: z.number().nullable() });

/** Who answers the cases of which file. */
export const answerers: Readonly<Record<string, Answerer>> = {
  "configurations.json": (input) => fromSpec(input, wireOf),
  "resources_cpu.json": (input) => fromSchema(cpuShorthand, input),
  "resources_gpu.json": (input, { name }) =>
    name.startsWith("disk/") ? fromSchema(disk, input) : fromSchema(gpu, input),
  "resources_memory.json": (input, { name }) =>
    name.startsWith("compute_capability/") ? fromSchema(computeCapability, input) : fromSchema(memory, input),
  "resources_ranges.json": answerRange,
  "resources_spec.json": (input, { name }) =>
    fromProperty({ resources: input }, ({ resources }) =>
      name.startsWith("pretty/") ? formatResources(resources) : resourcesWire(resources),
    ),
  "durations.json": answerDuration,
  "env.json": answerEnv,
  "names.json": answerName,
  "probes_config.json": (input) => fromProperty(z.record(z.string(), z.unknown()).parse(input), ({ probes }) => probes),
  "probes_spec.json": (input, { name }) =>
    name.startsWith("resolved/") ? fromSpec(input, ({ probes }) => probes) : answerSymbols(input),
  "rate_limits_config.json": (input) =>
    fromProperty(z.record(z.string(), z.unknown()).parse(input), ({ rate_limits }) => rate_limits),
  "interpolation.json": answerInterpolation,
  "mappings.json": answerMapping,
  "plan_diff.json": diffAnswer,
  "run_spec_validation.json": validationAnswer,
  "profiles.json": profilesAnswer,
  "cron.json": cronAnswer,
  "formatting.json": formattingAnswer,
  "job_spec.json": containerAnswer,
  "offers.json": offersAnswer,
  "service_registration.json": registrationAnswer,
  "autoscaler.json": autoscalerAnswer,
  "rolling_deployment.json": rolloutAnswer,
  "stats.json": statsAnswer,
  "retry.json": retryAnswer,
  "state_machine.json": stateAnswer,
  "nginx.json": () => skipped(skips.nginx.reason),
};

function answerRange(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  const [kind = ""] = name.split("/");
  if (kind === "intersect") {
    const { a, b } = z.object({ a: range, b: range }).parse(unmarked(input));
    return value(intersectRanges(a, b));
  }
  if (kind === "memory_range") return fromSchema(memoryRange, input);
  if (kind === "memstr") return fromSchema(memoryRange, input, (read) => formatRange(read, formatMemory));
  if (kind === "str") return fromSchema(integerRange, input, (read) => formatRange(read));
  return kind === "int_range" ? fromSchema(integerRange, input) : unknownKind(kind);
}

const symbolsInput = z.object({ status: z.string(), probes: z.array(z.tuple([z.number(), z.number()])) });

function answerSymbols(input: unknown): ReturnType<Answerer> {
  const { status, probes } = symbolsInput.parse(input);
  const symbols = probes.map(([readyAfter, successes]) => probeSymbol(successes, readyAfter));
  return value(probesCell(status, symbols, (_, symbol) => symbol));
}

function answerDuration(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("off_duration/"))
    return fromProperty({ max_duration: input }, ({ max_duration }) => max_duration);
  if (name.startsWith("idle_duration/")) {
    // The reference keeps which negative number was given; all mean the same.
    const given = Number(unmarked(input));
    return fromProperty({ idle_duration: input }, ({ idle_duration }) =>
      idle_duration === "off" ? (given < 0 ? Math.trunc(given) : -1) : idle_duration,
    );
  }
  return fromProperty(
    { replicas: "1..2", scaling: { metric: "rps", target: 1, scale_up_delay: input } },
    ({ scaling }) => scaling?.scale_up_delay,
  );
}

function answerEnv(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("env/")) {
    return fromProperty({ env: input }, ({ env }) =>
      Object.fromEntries(Object.entries(env).map(([key, member]) => [key, member ?? { required: true }])),
    );
  }
  const {
    env,
    cli = [],
    process = {},
  } = z
    .object({
      env: z.unknown(),
      cli: z.array(z.string()).optional(),
      process: z.record(z.string(), z.string()).optional(),
    })
    .parse(input);
  const { spec, errors } = readConfiguration({ type: "service", port: 80, image: "x", env });
  if (spec === null) return refused(...errors.map(({ message }) => message));
  if (!cli.every(isGiven)) return refused("expected NAME or NAME=VALUE.");
  const service = withGiven(
    { file: "", spec, fingerprint: "", locate: () => null, has: () => false, profile: null },
    cli,
  );
  const lookup = envLookup(cli, process);
  const missing = unknownHere(service, lookup);
  return missing.length > 0
    ? refused(...missing.map(({ message }) => message))
    : value(resolveValues(service.spec, lookup).env);
}

function answerName(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  const [kind = ""] = name.split("/");
  const property = {
    run_name: { name: input },
    tag_key: { tags: { [String(input)]: "x" } },
    tag_value: { tags: { x: input } },
  }[kind];
  return property === undefined
    ? skipped(skips.laterOnly.reason)
    : value(fromProperty(property, () => true, "planned").kind === "value");
}

function answerInterpolation(input: unknown): ReturnType<Answerer> {
  const {
    input: text,
    vars,
    skip,
  } = z.object({ input: z.string(), vars: z.record(z.string(), z.string()), skip: z.array(z.string()) }).parse(input);
  const result = interpolate(text, { lookup: (name) => vars[name], skip });
  return result.ok ? value({ result: result.text, missing: result.missing }) : refused(result.message);
}

function answerMapping(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  const [kind = ""] = name.split("/");
  if (kind === "service_port") return fromProperty({ port: input }, ({ port }) => port);
  if (kind === "file") return fromProperty({ files: [input] }, ({ files }) => files[0]);
  if (kind === "mount" || kind === "mount_obj") {
    return fromProperty({ volumes: [input] }, (spec) => z.array(z.unknown()).parse(wireOf(spec)["volumes"])[0]);
  }
  if (kind === "repo" || kind === "repo_obj") return fromProperty({ repos: [input] }, ({ repos }) => repos[0]);
  if (kind === "port_mapping") return skipped(skips.ports.reason);
  if (kind !== "user") return unknownKind(kind);
  const parsed = parseUser(String(input));
  return fromProperty({ user: input }, () => (parsed.ok ? parsed.user : null));
}
