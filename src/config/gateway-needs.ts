import type { ServiceSpec } from "./spec.ts";

/** What a service needs a gateway for. */
export interface GatewayNeed {
  readonly property: keyof ServiceSpec;
  readonly message: string;
}

/** Why a service cannot do without a gateway, in the reference's words (facts §9.6). */
export function gatewayNeeds(
  spec: Partial<Pick<ServiceSpec, "replicas" | "rate_limits" | "https">>,
): readonly GatewayNeed[] {
  const { replicas, rate_limits = [], https } = spec;
  const needs: GatewayNeed[] = [];
  const without = "not supported when running services without a gateway. Please configure a gateway or";
  if (replicas !== undefined && replicas.min !== replicas.max) {
    needs.push({
      property: "replicas",
      message: `Auto-scaling is ${without} set \`replicas\` to a fixed value in the service configuration`,
    });
  }
  if (rate_limits.length > 0) {
    needs.push({
      property: "rate_limits",
      message: `Rate limits are ${without} remove \`rate_limits\` from the service configuration`,
    });
  }
  if (https === false) {
    const message =
      "The `https` configuration property is not applicable when running services without a gateway. " +
      "Please configure a gateway or remove the `https` property from the service configuration";
    needs.push({ property: "https", message });
  }
  return needs;
}
