import type { Json } from "../lib/canonical-json.ts";
import type { Plan, PlannedService } from "../reconciler/plan-document.ts";
import type { Rehearsal } from "../reconciler/rehearsal.ts";
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
    rehearsal: service.rehearsal === null ? null : rehearsalJson(service.rehearsal),
    timeline: (service.rehearsal?.timeline ?? []).map((event) => ({ ...event })),
    reasons: service.reasons.map((reason) => ({ ...reason })),
  };
}

/** What the timeline comes to. */
function rehearsalJson({
  end,
  seconds,
  basis,
  peak,
  fewestServing,
  reducedSeconds,
  extraCost,
  points,
  worst,
}: Rehearsal): Json {
  return {
    end,
    seconds,
    basis,
    peak,
    fewestServing,
    reducedSeconds,
    extraCost: { currency: "USD", amount: Math.round(extraCost * 10_000) / 10_000 },
    points: points.map((point) => ({ ...point })),
    worst: worst === null ? null : { ...worst, failure: { ...worst.failure } },
  };
}
