import { formatPrice } from "../lib/format-price.ts";
import type { Plan, PlanAction, PlannedService } from "../reconciler/plan-document.ts";
import { changedName } from "./change-text.ts";
import type { Paint } from "./style.ts";
import { table } from "./table.ts";
import { timelineText } from "./timeline-text.ts";

/** How many offers a plan shows of each service (facts §11.3). */
const shownOffers = 3;

/** What `apply` would do, for people: in dstack's wording where dstack has one. */
export function planText(plan: Plan, options: { readonly paint: Paint; readonly verbose: boolean }): string {
  const changed = plan.services.filter((service) => service.action !== "none" || service.held !== null);
  const parts = changed.map((service) => serviceText(service, options));
  const profile = plan.profile === null ? [] : [`Profile: ${plan.profile.name} (${plan.profile.file})`];
  return [...profile, ...parts, summary(plan)].join("\n\n");
}

function serviceText(service: PlannedService, options: { readonly paint: Paint; readonly verbose: boolean }): string {
  const { paint } = options;
  const lines = [
    headline(service, paint),
    ...service.changes.map((change) => changeLine(change, paint)),
    ...facts(service),
    ...(service.refusal === null ? [] : [paint("red", `  Refused: ${service.refusal}`)]),
    ...service.reasons.map((reason) => paint("gray", `  ${reason.about}: ${reason.text}`)),
    ...offersTable(service),
    ...timeline(service, options.verbose),
  ];
  return lines.join("\n");
}

const headlines: Record<PlanAction, (service: PlannedService) => string> = {
  none: (service) => `Service ${service.name} is left alone.`,
  create: (service) => `Service ${service.name} is new and will be created.`,
  destroy: (service) => `Service ${service.name} will be destroyed.`,
  update: (service) => inPlace(service),
  scale: (service) => inPlace(service),
  rolling: (service) => inPlace(service),
  restart: (service) => `Active run ${service.name} already exists. Detected changes that cannot be updated in-place:`,
};

function inPlace(service: PlannedService): string {
  return `Active run ${service.name} already exists. Detected changes that can be updated in-place:`;
}

function headline(service: PlannedService, paint: Paint): string {
  if (service.held !== null) return paint("yellow", `Service ${service.name} is held: ${service.held}`);
  return `${sign(service.action, paint)} ${headlines[service.action](service)}`;
}

function sign(action: PlanAction, paint: Paint): string {
  if (action === "create") return paint("green", "+");
  if (action === "destroy") return paint("red", "-");
  return paint("yellow", "~");
}

function changeLine(change: PlannedService["changes"][number], paint: Paint): string {
  const place = change.file === null || change.line === null ? "" : paint("gray", `  ${change.file}:${change.line}`);
  return `  - ${changedName(change)} ${paint("cyan", `(${change.effect})`)}${place}`;
}

function facts(service: PlannedService): readonly string[] {
  if (service.action === "none") return [];
  const { from, to } = service.deployment;
  const { current, min, max } = service.replicas;
  const wanted = min === max ? String(max) : `${min}..${max}`;
  const { before, after, max: peak } = service.price;
  return [
    `  Action: ${service.action}${service.strategy === null ? "" : ` (${service.strategy})`}, deployment ${from ?? "-"} -> ${to ?? "-"}`,
    `  Replicas: ${current} -> ${service.action === "destroy" ? 0 : wanted}, capacity ${capacity(service)}`,
    `  Price: ${formatPrice(before)}/h -> ${formatPrice(after)}/h, at most ${formatPrice(peak)}/h meanwhile`,
  ];
}

function capacity(service: PlannedService): string {
  if (service.safety === "kept") return "kept throughout";
  return service.safety === "reduced" ? "reduced meanwhile" : "away";
}

function offersTable(service: PlannedService): readonly string[] {
  if (service.action === "none" || service.action === "destroy" || service.action === "update") return [];
  if (service.offers.length === 0) return service.refusal === null ? ["  No matching instance offers available."] : [];
  const rows = service.offers
    .slice(0, shownOffers)
    .map((offer, index) => [
      String(index + 1),
      `${offer.backend} (${offer.region})`,
      `${offer.resources}${offer.spot ? " (spot)" : ""}`,
      offer.instance,
      `${formatPrice(offer.price)}${offer.availability === "available" ? "" : ` (${offer.availability.replaceAll("_", " ")})`}`,
    ]);
  const more = service.offers.length > shownOffers ? [` Shown ${shownOffers} of ${service.offers.length} offers`] : [];
  return [table(["#", "BACKEND", "RESOURCES", "INSTANCE TYPE", "PRICE"], rows), ...more];
}

function timeline(service: PlannedService, verbose: boolean): readonly string[] {
  return service.rehearsal === null || service.action === "none" ? [] : timelineText(service.rehearsal, verbose);
}

function summary(plan: Plan): string {
  const counts = new Map<string, number>();
  for (const service of plan.services) {
    const word = service.held === null ? service.action : "held";
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => `${count} ${word === "none" ? "unchanged" : word}`);
  return words.length === 0 ? "Plan: no services." : `Plan: ${words.join(", ")}.`;
}
