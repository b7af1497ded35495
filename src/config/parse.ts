import type { Document } from "yaml";

import type { Diagnostic } from "../lib/diagnostics.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import type { ChosenProfile } from "./chosen-profile.ts";
import { isProfileProperty } from "./fields/profile.ts";
import { fingerprint } from "./fingerprint.ts";
import { warnOfNoEffect } from "./no-effect.ts";
import { readService } from "./read-service.ts";
import { nearest } from "./schema/nearest.ts";
import { type Issue, root } from "./schema/schema.ts";
import { inOrder, locateIssue, type ReadSource, readSource, type SourceBytes } from "./source.ts";
import type { ServiceSpec } from "./spec.ts";
import { parseDocument } from "./yaml/document.ts";
import { isThere, parsePath, pathText, type Place, spanOf } from "./yaml/places.ts";
import { isMapping, type YamlValue } from "./yaml/value.ts";

/** What a `.dstack.yml` file turned out to be, with all there is to say about it. */
export type ParsedFile = (
  | { readonly kind: "service"; readonly service: ServiceSource }
  /** Another type of the reference: left alone. */
  | { readonly kind: "other"; readonly type: string }
  | { readonly kind: "invalid" }
) & { readonly diagnostics: readonly Diagnostic[] };

/** A service and the file that says so. */
export interface ServiceSource {
  readonly file: string;
  readonly spec: ServiceSpec;
  readonly fingerprint: string;
  /** Where a property such as `probes[0].url` or `env.MODEL_ID` stands, or its nearest parent that does. */
  readonly locate: (path: string) => Place | null;
  /** Whether a property is written in the file, and not one of its defaults or inside a shorthand. */
  readonly has: (path: string) => boolean;
  /** Gives the properties that the file leaves out; `null`: none does. */
  readonly profile: ChosenProfile | null;
}

/** Where a property stands: in the service's file, or in that of the profile which gives it. `null`: in neither. */
export function whereWritten(
  { file, has, locate, profile }: Pick<ServiceSource, "file" | "has" | "locate" | "profile">,
  path: string,
): (Place & { readonly file: string }) | null {
  const [property = path] = path.split(/[.[]/, 1);
  const isProfiles = profile !== null && !has(property) && profile.has(property);
  const place = isProfiles ? profile.locate(path) : has(path) ? locate(path) : null;
  return place === null ? null : { file: isProfiles ? profile.file : file, ...place };
}

/** The types of the reference that are not services. */
export const otherTypes = ["task", "dev-environment", "fleet", "gateway", "volume"] as const;

/** One file to a service, or to every diagnostic with its place; a profile gives what it leaves out. Never throws. */
export function parseServiceFile(source: SourceBytes, profile: ChosenProfile | null = null): ParsedFile {
  const read = readSource(source);
  if (read.value === undefined) return { kind: "invalid", diagnostics: read.diagnostics };
  const { issues, result } = interpret(read.value, profile);
  const located = issues.map((issue) => locateInProfile(issue, read, profile) ?? locateIssue(read, issue));
  const diagnostics = inOrder([...read.diagnostics, ...located]);
  if (result === null || hasErrors(diagnostics)) return { kind: "invalid", diagnostics };
  return result.kind === "other"
    ? { ...result, diagnostics }
    : { kind: "service", service: { ...sourceOf(result.spec, read), profile }, diagnostics };
}

/** A problem with what the profile gives stands where the profile says so; `null`: it is the file's own. */
function locateInProfile(issue: Issue, read: ReadSource, profile: ChosenProfile | null): Diagnostic | null {
  const [property] = issue.path;
  const { value = null } = read;
  // What the file says itself is the commonest, and needs no second look at the profile's text.
  if (profile === null || typeof property !== "string" || !isMapping(value) || (value.get(property) ?? null) !== null)
    return null;
  if (!isProfileProperty(property) || !profile.has(property)) return null;
  const { endLine: _, endColumn: __, ...diagnostic } = locateIssue(read, issue);
  const hint = `the profile \`${profile.name}\` gives it to services that do not set it`;
  return { hint, ...diagnostic, file: profile.file, ...profile.locate(pathText(issue.path)) };
}

type Interpreted =
  | { readonly kind: "service"; readonly spec: ServiceSpec }
  | { readonly kind: "other"; readonly type: string };

function interpret(
  value: YamlValue,
  profile: ChosenProfile | null,
): { readonly issues: readonly Issue[]; readonly result: Interpreted | null } {
  const issues: Issue[] = [];
  const whole = { severity: "error", path: [], part: "value" } as const;
  if (!isMapping(value)) {
    const message = value === null ? "the file is empty" : "expected a mapping of properties";
    return { issues: [{ ...whole, code: value === null ? "empty-file" : "wrong-type", message }], result: null };
  }
  const type = value.get("type");
  if (type !== "service")
    return { issues: [aboutType(type)], result: isOtherType(type) ? { kind: "other", type } : null };
  const at = root(issues);
  const { spec, valid } = readService(value, profile?.spec ?? null, at);
  warnOfNoEffect(valid, value.keys(), at);
  return { issues, result: spec === null ? null : { kind: "service", spec } };
}

function isOtherType(type: YamlValue | undefined): type is (typeof otherTypes)[number] {
  return otherTypes.some((other) => other === type);
}

function aboutType(type: YamlValue | undefined): Issue {
  const about = { severity: "error", path: ["type"], part: "value" } as const;
  if (isOtherType(type))
    return {
      ...about,
      severity: "note",
      code: "other-type",
      message: `\`type: ${type}\` is left alone; only services are deployed`,
    };
  if (type === undefined)
    return {
      ...about,
      part: "key",
      code: "missing-property",
      message: "`type` is required",
      hint: "for a service, `type: service`",
    };
  const guess = typeof type === "string" ? nearest(type, ["service", ...otherTypes]) : null;
  const hint = guess === null ? `expected one of service, ${otherTypes.join(", ")}` : `did you mean \`${guess}\`?`;
  return { ...about, code: "unknown-type", message: `unknown type ${JSON.stringify(type)}`, hint };
}

/** The document is parsed again where places are asked for, which is seldom, and kept while memory allows: it takes 50 times the file's size. */
function sourceOf(
  spec: ServiceSpec,
  { file, text, place, document: first }: ReadSource,
): Omit<ServiceSource, "profile"> {
  let kept = first === null ? null : new WeakRef(first);
  const document = (): Document.Parsed | null => {
    const known = kept?.deref();
    if (known !== undefined) return known;
    const { document: parsed } = parseDocument(text);
    kept = parsed === null ? null : new WeakRef(parsed);
    return parsed;
  };
  return {
    file,
    spec,
    fingerprint: fingerprint(spec),
    locate: (path) => {
      const parsed = document();
      const span = parsed === null ? null : spanOf(parsed, parsePath(path), "whole");
      return span === null ? null : place(span);
    },
    has: (path) => {
      const parsed = document();
      return parsed !== null && isThere(parsed, parsePath(path));
    },
  };
}
