import type { Diagnostic } from "../lib/diagnostics.ts";
import type { ProfileSpec } from "./fields/profile.ts";
import { findProfile, parseProfiles, type Profile } from "./profiles.ts";
import type { SourceBytes } from "./source.ts";
import { parseDocument } from "./yaml/document.ts";
import { isThere, parsePath, type Place, placer, spanOf } from "./yaml/places.ts";
import { decodeText } from "./yaml/text.ts";

/** The profile that services are read with, and the file that says so. */
export interface ChosenProfile {
  readonly name: string;
  readonly file: string;
  readonly spec: ProfileSpec;
  /** Whether the profile says something of a property. */
  readonly has: (property: string) => boolean;
  /** Where a property such as `schedule.cron` stands, or its nearest parent that does. */
  readonly locate: (path: string) => Place | null;
}

/** The files that profiles may be in, as the reference looks for them (facts §1.6). */
export interface ProfileFiles {
  /** The repository's; `null`: it has none. */
  readonly repository: SourceBytes | null;
  /** That of this machine's user. */
  readonly home: SourceBytes | null;
}

/** Which profile services are to be read with; `null`: none is. With it all that is wrong with the files, or there is to say. */
export interface ProfileChoice {
  readonly profile: ChosenProfile | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds the profile of a name, or without one the default, first in the repository's file, then in the user's. */
export function chooseProfile({ repository, home }: ProfileFiles, name: string | null): ProfileChoice {
  const files = [repository, home].flatMap((source) => (source === null ? [] : [{ source, ...parseProfiles(source) }]));
  const diagnostics = files.flatMap((file) => file.diagnostics);
  // A file that cannot be read may have the profile that is meant.
  if (files.some(({ profiles }) => profiles === null)) return { profile: null, diagnostics };
  const lists = files.map(({ profiles }) => profiles ?? []);
  const found = findProfile(lists, name);
  if (found === undefined) return { profile: null, diagnostics: [...diagnostics, unknownProfile(name ?? "", lists)] };
  const file = files.find(({ profiles }) => profiles?.some((each) => each === found) === true);
  if (found === null || file === undefined) return { profile: null, diagnostics };
  const profile = chosen(found, file.source, file.profiles?.indexOf(found) ?? 0);
  const notes = file.source === home ? [fromThisMachine(profile)] : [];
  return { profile, diagnostics: [...diagnostics, ...notes] };
}

/** The document is parsed again where a place is asked for, which is seldom. */
function chosen(profile: Profile, { path: file, bytes }: SourceBytes, index: number): ChosenProfile {
  const { text } = decodeText(bytes);
  const full = (path: string): string => `profiles[${index}].${path}`;
  const { name, default: _, ...spec } = profile;
  return {
    name,
    file,
    spec,
    has: (property) => {
      const { document } = parseDocument(text);
      return document !== null && isThere(document, parsePath(full(property)));
    },
    locate: (path) => {
      const { document } = parseDocument(text);
      const span = document === null ? null : spanOf(document, parsePath(full(path)), "whole");
      return span === null ? null : placer(text)(span);
    },
  };
}

function unknownProfile(name: string, lists: readonly (readonly Profile[])[]): Diagnostic {
  const known = lists.flat().map((profile) => `\`${profile.name}\``);
  return {
    severity: "error",
    code: "unknown-profile",
    message: `No such profile: ${name}`,
    hint:
      known.length === 0
        ? "neither .dstack/profiles.yml nor ~/.dstack/profiles.yml has any"
        : `there are ${known.join(", ")}`,
  };
}

function fromThisMachine({ name, file, locate }: ChosenProfile): Diagnostic {
  return {
    severity: "note",
    code: "profile-of-this-machine",
    message: `the profile \`${name}\` is this machine's: elsewhere the same services may be read otherwise`,
    hint: "keep it in .dstack/profiles.yml of the repository, or use `--no-profile`",
    file,
    ...locate("name"),
  };
}
