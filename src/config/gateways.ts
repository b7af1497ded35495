import type { Diagnostic } from "../lib/diagnostics.ts";
import { gatewayNeeds } from "./gateway-needs.ts";
import type { ServiceSource } from "./parse.ts";
import type { GatewaySettings } from "./settings.ts";
import type { ServiceSpec } from "./spec.ts";

/** The gateway that serves a service; `null`: none, and it gets a path; `undefined`: one that is not there. */
export function gatewayOf(
  { gateway }: ServiceSpec,
  gateways: readonly GatewaySettings[],
): GatewaySettings | null | undefined {
  if (gateway === false) return null;
  if (gateway === null) return gateways.find((candidate) => candidate.default) ?? null;
  return gateways.find((candidate) => candidate.name === gateway);
}

/** What the settings' gateways cannot do for the services. `gateway: false` is judged where files are parsed. */
export function checkGateways(
  services: readonly Pick<ServiceSource, "file" | "spec" | "locate">[],
  gateways: readonly GatewaySettings[],
): readonly Diagnostic[] {
  return services.flatMap(({ file, spec, locate }): readonly Diagnostic[] => {
    const gateway = gatewayOf(spec, gateways);
    if (gateway === undefined) {
      const hint =
        gateways.length === 0
          ? "the settings have no gateways"
          : `the settings have ${gateways.map(({ name }) => `\`${name}\``).join(", ")}`;
      const message = `Gateway ${String(spec.gateway)} does not exist`;
      return [
        {
          severity: "error",
          code: "unknown-gateway",
          message,
          hint,
          file,
          ...locate("gateway"),
          path: "gateway",
        },
      ];
    }
    if (gateway !== null || spec.gateway === false) return [];
    return gatewayNeeds(spec).map(({ property, message }) => ({
      severity: "error",
      code: "gateway-required",
      message,
      file,
      ...locate(property),
      path: property,
    }));
  });
}
