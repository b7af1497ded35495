import type { PlanInput, PlannedService, Reason } from "./plan-document.ts";
import { inWaves } from "./waves.ts";

/** A plan's services, with when each of them is changed where that is not at once. */
export function withOrder(services: readonly PlannedService[], { policy }: PlanInput): readonly PlannedService[] {
  const changed = services.filter(({ action }) => action !== "none" && action !== "destroy");
  const waves = inWaves(changed, policy.waves).map((wave) => wave.map(({ name }) => name));
  return services.map((service) => {
    const reasons = [...waveReasons(service, waves), ...removalReasons(service, changed)];
    return reasons.length === 0 ? service : { ...service, reasons: [...service.reasons, ...reasons] };
  });
}

function waveReasons({ name }: PlannedService, waves: readonly (readonly string[])[]): readonly Reason[] {
  const index = waves.findIndex((wave) => wave.includes(name));
  if (index === -1 || waves.length === 1) return [];
  const before = waves[index - 1];
  const when =
    before === undefined
      ? "changed first"
      : `changed once ${listed(before)} ${before.length === 1 ? "has" : "have"} settled`;
  return [{ about: "order", text: `wave ${index + 1} of ${waves.length}: ${when}` }];
}

function removalReasons({ action }: PlannedService, changed: readonly PlannedService[]): readonly Reason[] {
  if (action !== "destroy" || changed.length === 0) return [];
  return [{ about: "order", text: "goes last: once everything that is created or changed serves" }];
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
