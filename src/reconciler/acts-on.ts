import type { ServiceSpec } from "../config/spec.ts";

/** What a service asks for that neither passes nor gateways do yet; the reason completes "`apply` refuses it: ". */
export interface Unmet {
  readonly property: keyof ServiceSpec;
  readonly reason: string;
}

/**
 * What is understood, compared and planned, and not yet done. A service that asks for it is refused by `apply`: a property
 * that is ignored is a promise that is not kept. What one backend can give and another cannot is no part of it.
 */
const unmet: readonly (Unmet & { readonly asked: (spec: ServiceSpec) => boolean })[] = [
  { property: "model", reason: "no gateway serves a model endpoint", asked: ({ model }) => model !== null },
  {
    property: "rate_limits",
    reason: "no gateway limits requests",
    asked: ({ rate_limits }) => rate_limits.length > 0,
  },
];

/** Names of the properties of which `apply` refuses any use. */
export const notActedOnYet: readonly (keyof ServiceSpec)[] = unmet.map(({ property }) => property);

/** What of a spec nothing acts on yet, in declaration order. */
export function unmetBy(spec: ServiceSpec): readonly Unmet[] {
  return unmet.filter(({ asked }) => asked(spec)).map(({ property, reason }) => ({ property, reason }));
}
