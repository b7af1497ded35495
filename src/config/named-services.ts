import type { Diagnostic } from "../lib/diagnostics.ts";
import { nearest } from "./schema/nearest.ts";
import type { Policy } from "./settings.ts";

/** Names in the policy that no service has: whatever is said of them holds for nothing. */
export function checkNamedServices(policy: Policy, names: ReadonlySet<string>): readonly Diagnostic[] {
  const named = [
    ...policy.waves.flatMap((wave, index) => wave.map((name) => ({ name, path: `policy.waves[${index}]` }))),
    ...Object.keys(policy.services).map((name) => ({ name, path: `policy.services.${name}` })),
  ];
  return named
    .filter(({ name }) => !names.has(name))
    .map(({ name, path }) => {
      const near = nearest(name, [...names]);
      return {
        severity: "warning",
        code: "unknown-service",
        message: `the settings name \`${name}\`, and no service is called so`,
        ...(near === null ? {} : { hint: `did you mean \`${near}\`?` }),
        path,
      };
    });
}
