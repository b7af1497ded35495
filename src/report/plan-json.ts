import type { Json } from "../lib/canonical-json.ts";
import type { Plan, PlannedService } from "../reconciler/plan-document.ts";
import { diagnosticsJson } from "./diagnostics-json.ts";

/** The `plan --json` document. */
export function planJson(plan: Plan): Json {
  return {
    version: 1,
    id: plan.id,
    base: plan.base,
    ref: plan.ref,
    profile: plan.profile?.name ?? null,
    services: plan.services.map(serviceJson),
    diagnostics: diagnosticsJson(plan.diagnostics),
  };
}

function serviceJson(service: PlannedService): Json {
  return {
    name: service.name,
    file: service.file,
    action: service.action,
    deployment: service.deployment,
    strategy: service.strategy,
    safety: service.safety,
    held: service.held,
    refusal: service.refusal,
    changes: service.changes.map(({ property, path, part, effect, file, line }) => ({
      property,
      path,
      part,
      effect,
      file,
      line,
    })),
    replicas: service.replicas,
    price: { currency: "USD", unit: "hour", ...service.price },
    offers: service.offers.map((offer) => ({ ...offer })),
    timeline: (service.rehearsal?.timeline ?? []).map((event) => ({ ...event })),
    reasons: service.reasons.map((reason) => ({ ...reason })),
  };
}
