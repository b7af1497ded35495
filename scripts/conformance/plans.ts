import { z } from "zod";

import { nextOccurrence } from "../../src/config/cron-occurrence.ts";
import { parseCron } from "../../src/config/cron.ts";
import { formatDuration } from "../../src/config/duration.ts";
import { profileProperties } from "../../src/config/fields/profile.ts";
import { checkGateways } from "../../src/config/gateways.ts";
import { findProfile, mergeProfile, parseProfiles, type Profile } from "../../src/config/profiles.ts";
import { effectiveArch } from "../../src/config/requirements.ts";
import { placeOf } from "../../src/proxy-config/routes.ts";
import { formatAgo, formatElapsed } from "../../src/report/format.ts";
import { repoState } from "../../src/state/schema.ts";
import type { Answerer } from "./case.ts";
import { refused, skipped, unknownKind, value } from "./case.ts";
import { unmarked } from "./numbers.ts";
import { fromProperty, fromSpec, readConfiguration } from "./parsing.ts";
import { skips } from "./skips.ts";

/** Rules that the reference checks when it plans. */
export function validationAnswer(input: unknown): ReturnType<Answerer> {
  const { configuration, spec } = z
    .object({ configuration: z.record(z.string(), z.unknown()), spec: z.record(z.string(), z.unknown()) })
    .parse(input);
  const { run_name: name, repo_id, repo_data, ...others } = spec;
  if (Object.keys(others).length > 0)
    return skipped(`nothing here corresponds to \`${Object.keys(others).join(", ")}\` of a run spec`);
  if ("repo_id" in spec || "repo_data" in spec) return repoAnswer(repo_id, repo_data);
  return fromSpec(
    name === undefined ? configuration : { ...configuration, name },
    (read) => ({
      priority: read.priority,
      cpu_arch: effectiveArch(read.resources),
      gpu_vendor: read.resources.gpu?.vendor ?? null,
      working_dir: read.working_dir,
    }),
    "planned",
  );
}

/** A repository's state is kept whole or not at all: the state branch takes no other. */
function repoAnswer(id: unknown, data: unknown): ReturnType<Answerer> {
  const identity = id === null ? {} : { id: "0123456789abcdef", url: "https://example.com/acme/shop" };
  const state = data === null ? {} : { branch: "main", commit: "1".repeat(40), diff: null };
  const read = repoState.safeParse({ ...identity, ...state });
  return read.success ? value(read.data) : refused(read.error.message);
}

/** Occurrences of cron expressions, and which there are. */
export function cronAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("validate/")) return fromProperty({ schedule: input }, ({ schedule }) => schedule);
  const { cron, now } = z.object({ cron: z.union([z.string(), z.array(z.string())]), now: z.string() }).parse(input);
  // Parsed to the microsecond, of which any after a whole millisecond make the next one.
  const [, fraction = ""] = /\.(\d+)/.exec(now) ?? [];
  const time = Date.parse(now) + (Number(fraction.slice(3)) > 0 ? 1 : 0);
  const occurrences = [cron].flat().map((expression) => {
    const parsed = parseCron(expression);
    return parsed.ok ? nextOccurrence(parsed.cron, time) : null;
  });
  const found = occurrences.filter((occurrence) => occurrence !== null);
  return found.length === 0
    ? refused("never")
    : value(new Date(Math.min(...found)).toISOString().replace(".000Z", "+00:00"));
}

/** Durations and ages as people read them. */
export function formattingAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("pretty_duration/")) return value(formatDuration(Number(unmarked(input))));
  if (name.startsWith("multiunit/")) return value(formatElapsed(Number(unmarked(input))));
  return name.startsWith("pretty_date/") ? value(formatAgo(0, Number(unmarked(input)) * 1000)) : unknownKind(name);
}

const profileInput = z.object({
  configuration: z.unknown().optional(),
  profile: z.record(z.string(), z.unknown()).optional(),
  repo: z.array(z.unknown()).optional(),
  global: z.array(z.unknown()).optional(),
  name: z.string().nullable().optional(),
});

/** Profiles: which one applies, and what a service becomes with it. */
export function profilesAnswer(input: unknown, { name: caseName }: { readonly name: string }): ReturnType<Answerer> {
  if (caseName.startsWith("termination/")) return skipped(skips.terminations.reason);
  const { configuration, profile, repo = [], global = [], name = null } = profileInput.parse(input);
  if (profile !== undefined) return merged(configuration, profile);
  const found = findProfile([parse(repo), parse(global)], name);
  if (found === undefined) return refused(`No such profile: ${name}`);
  return value(found === null ? { name: "default" } : { name: found.name, ...set(found) });
}

function merged(configuration: unknown, profile: Readonly<Record<string, unknown>>): ReturnType<Answerer> {
  const { spec, errors } = readConfiguration(configuration);
  const [read] = parse([{ name: "p", ...profile }]);
  if (spec === null || read === undefined) return refused(...errors.map(({ message }) => message));
  return value({ creation_policy: "reuse-or-create", ...set(mergeProfile(spec, read)), name: "p" });
}

function parse(profiles: readonly unknown[]): readonly Profile[] {
  const text = JSON.stringify({ profiles });
  return parseProfiles({ path: "profiles.yml", bytes: new TextEncoder().encode(text) }).profiles ?? [];
}

function set(profile: Omit<Profile, "name" | "default">): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    profileProperties.flatMap((property) => (profile[property] === null ? [] : [[property, profile[property]]])),
  );
}

/** Where a service is served without a gateway, or what it needs one for. */
export function registrationAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("gateway/")) return skipped(skips.certificates.reason);
  if (name.startsWith("make_proxy_url/")) return skipped(skips.serverUrl.reason);
  if (!name.startsWith("no_gateway/")) return unknownKind(name);
  const { spec, errors } = readConfiguration(input, "registered");
  const needs = spec === null ? [] : checkGateways([{ file: "", spec, locate: () => null }], []);
  if (spec === null || needs.length > 0) return refused(...[...errors, ...needs].map(({ message }) => message));
  if (spec.model !== null) return skipped(skips.models.reason);
  const place = placeOf(spec, { project: "main", gateways: [pathsOnly] });
  return value({ url: place?.match.kind === "path" ? place.match.prefix : null, model: null, options: {} });
}

/** What settings without gateways have: the counterpart of the reference's proxy inside its server. */
const pathsOnly = {
  name: "main",
  type: "embedded",
  default: true,
  listen: { host: "127.0.0.1", port: 3000 },
  domain: null,
} as const;
