import { serviceSchema, settingsFileSchema } from "../src/config/json-schema.ts";
import { profileSchema } from "../src/config/profiles.ts";
import { updatePolicy } from "../src/diff/update-policy.ts";
import { notActedOnYet } from "../src/reconciler/acts-on.ts";
import { behaviourDifferences } from "./behaviour-differences.ts";
import { differences } from "./conformance/differences.ts";
import { skips } from "./conformance/skips.ts";
import { effectTexts, groupOf, groups } from "./field-reference/groups.ts";
import { propertiesOf, section } from "./field-reference/section.ts";
import type { Property } from "./field-reference/section.ts";
import { overview } from "./field-reference/table.ts";
import { serverDifferences } from "./oracle/differences.ts";
import { dstackVersion } from "./oracle/server.ts";

/** `docs/service-file.md`: every property of a service file, from the fields that parse it. */
export function serviceReference(): string {
  const properties = propertiesOf(serviceSchema()).map((property) => ({
    ...property,
    effect: effectOf(property.name),
  }));
  return page("Service files", [
    "Every property that a `*.dstack.yml` with `type: service` may have. [Examples](../examples/README.md) show them at work; with the [JSON Schema](service.schema.json) editors know them.",
    `All of them are validated, compared and planned. \`apply\` refuses a service that sets one of these, since nothing acts on them yet: ${notActedOnYet.map((name) => `\`${name}\``).join(", ")}. A backend refuses what it cannot give, with the reason ([backends](backends)).`,
    effects,
    ...groups.flatMap((group) => {
      const members = Object.entries(groupOf).flatMap(([name, its]) =>
        its === group ? properties.filter((property) => property.name === name) : [],
      );
      return [`## ${group}`, overview(members.map(linked)), ...members.map(described)];
    }),
    forms,
  ]);
}

const effects = `What a change of a property does to what runs is its effect; \`plan\` says it of each edited line:

- **in-place**: no replica is touched.
- **rolling**: one new replica at a time is started, and an old one drains and leaves when it is ready. An edit after which replicas are
  given the same as before, such as \`port: 80:8000\` for \`port: 8000\`, replaces none.
- **restart**: a whole new run is started beside the old one, and takes over when all of it is ready.`;

const forms = `## Forms

- A **duration** is a number of seconds, or a number and a unit: \`90\`, \`30s\`, \`15m\`, \`2h\`, \`1d\`, \`1w\`. There is one unit, and no fraction.
- A **size** is a number of GB, or a number and a unit: \`16\`, \`512MB\`, \`1.5TB\`. A GB has 1024 MB.
- A **range** is \`A..B\`, \`A..\`, \`..B\` or one value; as a mapping, \`{ min: A, max: B }\` with either or both. Both ends belong to it.
- A text may be given as a number, and a number as a text. \`true\` and \`false\` may be written \`yes\`, \`on\`, \`no\` and \`off\`, as in YAML 1.1.`;

/** `docs/settings.md`: every property of the settings. */
export function settingsReference(): string {
  const properties = propertiesOf(settingsFileSchema()).map((property) => ({ ...property, effect: null }));
  return page("Settings", [
    "Every property of `.dstack/gitops.yml`, at the repository's root. All of them have defaults, and so has the file: it need not be there. A change holds from the next command on.",
    "An [example](../examples/gateway/.dstack/gitops.yml) shows most of them; with the [JSON Schema](settings.schema.json) editors know them. What the keys of a backend are, its own page says: [local](backends/local.md).",
    overview(properties.map(linked)),
    ...properties.map((property) => section(property, "##")),
    forms,
  ]);
}

/** `docs/profiles.md`: what a profile may give to services. */
export function profilesReference(): string {
  const properties = propertiesOf(profileSchema()).map((property) => ({
    ...property,
    effect: effectOf(property.name === "name" ? "" : property.name),
  }));
  return page("Profiles", [
    "`.dstack/profiles.yml` at the repository's root, or `~/.dstack/profiles.yml` of this machine's user, gives services what their files leave out. A value of the service file always wins, and replaces the profile's as a whole: lists and tags are not merged.",
    "`--profile NAME` chooses one, or else `DSTACK_PROFILE`; the repository's file is asked first. Without a name the first one with `default: true` is taken, the repository's before the user's. `--no-profile`, or `DSTACK_NO_PROFILE=1` without `--profile`, takes none. `plan` says which one it was. A service is what file and profile say together: an edit of the profile is a change of the service, told with its line. `tick` reads no profiles: it works on what was accepted.",
    "The user's file is looked at only where the repository's does not answer, and a note says when its profile is used: another machine would not have it. `--ref REV` reads the repository's file at that commit. `diff`, and `validate` of named files, take the file of the repository around the working directory, or of that directory itself outside of one.",
    "An [example](../examples/profiles/.dstack/profiles.yml) has two; with the [JSON Schema](profiles.schema.json) editors know them.",
    "## A profile",
    overview(properties.map(({ name, ...property }) => ({ title: titleOf(name), ...property }))),
  ]);
}

function titleOf(name: string): string {
  return isProperty(name) && name !== "name" ? `[\`${name}\`](service-file.md#${name})` : `\`${name}\``;
}

/** `docs/differences.md`: where recorded answers of the reference are not ours, on purpose. */
export function differencesReference(): string {
  return page("Differences from the reference", [
    "`npm run conformance -- DIR` compares answers with the reference's recorded ones. They differ on purpose in these:",
    differences.map(({ reason }) => `- ${reason}`).join("\n"),
    `\`npm run oracle\` asks the reference's own server, version ${dstackVersion}, what edits of a running service do: whether it is updated or restarted, and whether its replicas are replaced. It and \`diff\` differ in these:`,
    serverDifferences.map(({ reason }) => `- ${reason}`).join("\n"),
    "In what it does, the program differs on purpose in these:",
    behaviourDifferences.map((difference) => `- ${difference}`).join("\n"),
    "## Not answered",
    "These recorded cases are skipped, for these reasons:",
    Object.values(skips)
      .map(({ reason, where }) => `- ${reason} (${where})`)
      .join("\n"),
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n<!-- Drawn by \`npm run generate\` from the sources. -->\n\n${parts.join("\n\n")}\n`;
}

function linked({ name, ...property }: Property): Parameters<typeof overview>[0][number] {
  return { title: `[\`${name}\`](#${name})`, ...property };
}

function described(property: Property): string {
  const text = isProperty(property.name) ? effectTexts[property.name] : undefined;
  return section(text === undefined ? property : { ...property, effect: text }, "###");
}

function effectOf(name: string): string | null {
  return isProperty(name) ? updatePolicy[name] : null;
}

function isProperty(name: string): name is keyof typeof updatePolicy {
  return Object.hasOwn(updatePolicy, name);
}
