import type { Policy } from "../config/settings.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { PlanAction, Reason } from "./plan-document.ts";

/** Whoever looks, and how often. */
const looks = "`watch` makes one every few seconds, a schedule each time it ticks";

/** What depends on how often somebody looks: nothing heals, and nothing starts from zero, between two passes. */
export function cadenceReasons(
  action: PlanAction,
  { replicas, scaling, probes }: Pick<ServiceSpec, "replicas" | "scaling" | "probes">,
  { heal }: Pick<Policy, "heal">,
): readonly Reason[] {
  if (action === "none" || action === "update" || action === "destroy" || replicas.max === 0) return [];
  const fromZero =
    scaling === null || replicas.min > 0
      ? []
      : [
          "with no replica left, requests are answered with 503 until a pass has seen them and a replica that it starts is ready",
        ];
  return [
    { about: "healing", text: `a replica that ends is replaced by the next pass: ${looks}${illness(probes, heal)}` },
    ...fromZero.map((text) => ({ about: "from zero", text })),
  ];
}

function illness({ length }: ServiceSpec["probes"], { unhealthyAfter }: Policy["heal"]): string {
  if (length === 0) return "";
  if (unhealthyAfter === null)
    return "; one that fails its probes after it was ready is not, unless `policy.heal.unhealthy_after` is set";
  return `; so is one that a pass sees fail a probe ${unhealthyAfter} times in a row, which a tick has to stay for`;
}
