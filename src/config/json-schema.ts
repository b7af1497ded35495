import { serviceFields } from "./fields/service.ts";
import { settingsFields } from "./fields/settings.ts";
import { otherTypes } from "./parse.ts";
import { profilesFile } from "./profiles.ts";
import { objectJson } from "./schema/object.ts";
import type { JsonSchema } from "./schema/schema.ts";

const draft = "https://json-schema.org/draft/2020-12/schema";

/** JSON Schema of `*.dstack.yml`: services in full; files of other types are let pass, as the program leaves them alone. */
export function serviceFileSchema(): JsonSchema {
  return {
    $schema: draft,
    title: "dstack service",
    if: { type: "object", properties: { type: { enum: [...otherTypes] } }, required: ["type"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { type: "object" },
    else: serviceSchema(),
  };
}

/** JSON Schema of a service. */
export function serviceSchema(): JsonSchema {
  return objectJson(serviceFields);
}

/** JSON Schema of `.dstack/gitops.yml`. */
export function settingsFileSchema(): JsonSchema {
  return { $schema: draft, title: "dstack-gitops settings", ...objectJson(settingsFields) };
}

/** JSON Schema of `profiles.yml`. */
export function profilesFileSchema(): JsonSchema {
  return { $schema: draft, title: "dstack profiles", ...profilesFile.json() };
}
