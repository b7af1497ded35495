import type { Diagnostic } from "../lib/diagnostics.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { profileFields, profileProperties, type ProfileSpec } from "./fields/profile.ts";
import { list } from "./schema/composite.ts";
import { object } from "./schema/object.ts";
import { type At, child, invalid, type Issue, type JsonSchema, report, root } from "./schema/schema.ts";
import { text } from "./schema/text.ts";
import { boolean, transform } from "./schema/words.ts";
import { inOrder, locateIssue, readSource, type SourceBytes } from "./source.ts";
import type { ServiceSpec } from "./spec.ts";

/** A named set of properties for services that do not set them. */
export interface Profile extends ProfileSpec {
  readonly name: string;
  readonly default: boolean;
}

const profile = object<Profile>(
  {
    name: { schema: text({ minLength: 1 }), description: "The name that `--profile` takes.", example: "production" },
    default: { schema: boolean, default: false, description: "Applies where no profile is named.", example: true },
    ...profileFields,
  },
  {
    known: {
      instances: "that property of later versions is not supported",
      backend_options: "that property of later versions is not supported",
    },
  },
);

/** JSON Schema of one profile. */
export function profileSchema(): JsonSchema {
  return profile.json();
}

/** A whole `profiles.yml`. */
export const profilesFile = object<{ readonly profiles: readonly Profile[] }>({
  profiles: {
    schema: transform(list(profile), (profiles, at) => {
      warnOfSecond(profiles, at);
      return profiles;
    }),
    description: "The profiles.",
    example: [{ name: "production", default: true, max_price: 4 }],
  },
});

/** The first of a name, and the first default one, is the one that counts. */
function warnOfSecond(profiles: readonly Profile[], at: At): void {
  for (const [index, { name, default: isDefault }] of profiles.entries()) {
    const before = profiles.slice(0, index);
    const same = before.findIndex((other) => other.name === name);
    const first = before.findIndex((other) => other.default);
    const message = `the profile \`${name}\` is here twice: the first one counts`;
    if (same >= 0) tell([index, "name"], same, message);
    if (isDefault && first >= 0)
      tell([index, "default"], first, "there is another default profile: the first one counts");
  }

  function tell([index, property]: readonly [number, "name" | "default"], other: number, message: string): void {
    const related = { path: ["profiles", other, property], message: "the first one" };
    const second = { severity: "warning", code: "second-profile", message, part: "whole", related } as const;
    report(child(child(at, index), property), second);
  }
}

/** One `profiles.yml`; `null` when it has errors. Never throws. */
export function parseProfiles(source: SourceBytes): {
  readonly profiles: readonly Profile[] | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const read = readSource(source);
  if (read.value === undefined) return { profiles: null, diagnostics: read.diagnostics };
  const issues: Issue[] = [];
  const file = profilesFile.read(read.value, root(issues));
  const diagnostics = inOrder([...read.diagnostics, ...issues.map((issue) => locateIssue(read, issue))]);
  return { profiles: file === invalid || hasErrors(diagnostics) ? null : file.profiles, diagnostics };
}

/**
 * The profile of a name: from the first of the files (the repository's, then the home directory's) that has it. Without a
 * name, the first default one; `null` where there is none. `undefined`: no file has the name.
 */
export function findProfile(files: readonly (readonly Profile[])[], name: string | null): Profile | null | undefined {
  const fits = (candidate: Profile): boolean => (name === null ? candidate.default : candidate.name === name);
  for (const profiles of files) {
    const found = profiles.find(fits);
    if (found !== undefined) return found;
  }
  return name === null ? null : undefined;
}

/** A spec with a profile's values where it has none of its own. Lists and tags replace, they are not merged. */
export function mergeProfile<Spec extends Partial<ServiceSpec>>(spec: Spec, profile: ProfileSpec): Spec {
  let merged = spec;
  for (const property of profileProperties) {
    // One that is wrong in the file stays absent: it is not the profile's to mend.
    if (spec[property] === null) merged = { ...merged, [property]: profile[property] };
  }
  return merged;
}
