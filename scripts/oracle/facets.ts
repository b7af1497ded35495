import { type Facet, given } from "./facet.ts";
import { properties } from "./properties.ts";
import { subjects, variables } from "./subjects.ts";

/** Properties that `subjects` have. */
const elsewhere: ReadonlySet<string> = new Set([
  "commands",
  "entrypoint",
  "shell",
  "python",
  "nvcc",
  "replicas",
  "env",
  "gateway",
]);

/** Names of what services may use. */
export interface Usable {
  readonly gateways: readonly string[];
  readonly volumes: readonly string[];
}

/** Every subject of a service file that both the reference page and the server know. */
export function facetsOf({ gateways, volumes }: Usable): readonly Facet[] {
  return [
    { name: "name", meanings: [[{ name: "web" }], [{ name: "web-2" }]] },
    {
      name: "gateway",
      meanings: [[{}, { gateway: null }], ...gateways.map((gateway) => [{ gateway }]), [{ gateway: false }]],
    },
    ...subjects,
    ...Object.entries({ ...properties, volumes: [...(properties["volumes"] ?? []), ...volumes.flatMap(mounts)] })
      .filter(([property]) => !elsewhere.has(property))
      .map(([property, meanings]) => ({
        name: property,
        meanings: meanings.map((ways) => ways.map((way) => given({ [property]: way }))),
      })),
    // Last, as it decides properties that others have too.
    variables,
  ];
}

function mounts(name: string): readonly (readonly unknown[])[] {
  return [[[`${name}:/d`], [{ name, path: "/d" }], [{ path: "/d/", name: [name] }]], [[`${name}:/e`]]];
}
