import { policyFor } from "../config/settings.ts";
import type { Budget } from "../config/settings.ts";
import { formatPrice } from "../lib/format-price.ts";
import { toTimestamp } from "../lib/timestamp.ts";
import type { Shortage } from "./choose-strategy.ts";
import { shortText } from "./decide/budget.ts";
import { endedIn, monthOf, priceTolerance, rateOf, spentOf } from "./decide/money.ts";
import type { PlanInput, PlannedService, Reason } from "./plan-document.ts";

/** A plan's services, with what the budgets say of each: refused where it could not be done, warned of where it could not go on. */
export function withinBudgets(services: readonly PlannedService[], input: PlanInput): readonly PlannedService[] {
  return services.map((service) => {
    if (service.refusal !== null || service.action === "none" || service.action === "destroy") return service;
    const limits = limitsOf(service, services, input);
    const [refusal] = limits.flatMap((limit) => refusalOf(service, limit, input.now) ?? []);
    // What will not be done has no timeline.
    if (refusal !== undefined) return { ...service, rehearsal: null, refusal };
    const reasons = limits.flatMap((limit) => [
      ...scalingReason(service, limit),
      ...monthReason(service, limit, input),
    ]);
    return { ...service, reasons: [...service.reasons, ...reasons] };
  });
}

/** Why there is no money for what an exchange would start beside what runs, where there is for what takes its place. */
export function shortageOf(
  service: PlannedService,
  services: readonly PlannedService[],
  input: PlanInput,
): Shortage | null {
  const { name, strategy, refusal, rehearsal, price, replicas } = service;
  const { hourly } = rehearsal ?? { hourly: 0 };
  if (refusal !== null || (strategy !== "surge" && strategy !== "beside")) return null;
  if (policyFor(input.policy, name).rollout.strategy !== "auto" || replicas.current === 0) return null;
  const limits = limitsOf(service, services, input);
  const fits = (cost: number, { budget, others }: Limit): boolean => isWithin(cost + others, budget);
  const short = limits.find((limit) => !fits(Math.max(price.after, hourly), limit));
  if (short === undefined || !limits.every((limit) => fits(Math.max(price.before, price.after), limit))) return null;
  const wanted = Math.round(price.after / (service.offers[0]?.price ?? Infinity));
  // The project's is the last, and has all others in it.
  return { why: shortText(short.budget, strategy === "beside" ? wanted : 1), others: limits.at(-1)?.others ?? 0 };
}

function isWithin(cost: number, { hourly }: Budget): boolean {
  return hourly === null || cost <= hourly + priceTolerance;
}

/** One budget, and what counts towards it beside the service itself. */
interface Limit {
  readonly who: string;
  readonly setting: string;
  readonly budget: Budget;
  /** $/hour of the others, each at the larger of what it costs now and will cost: whatever of them is done first. */
  readonly others: number;
  /** Of the others, once everything is done. */
  readonly othersAfter: number;
  /** USD of everything that counts, since the month began. */
  readonly spent: number;
}

function limitsOf(
  service: PlannedService,
  services: readonly PlannedService[],
  { policy, snapshot, now }: PlanInput,
): readonly Limit[] {
  const planned = new Map(services.map((each) => [each.name, each.price]));
  const records = [...snapshot.services.values()].flatMap(({ record }) => record ?? []);
  const rates = new Map(records.map((record) => [record.name, rateOf(record)]));
  const names = [...new Set([...planned.keys(), ...rates.keys()])].filter((name) => name !== service.name);
  const sum = (of: (name: string) => number): number => names.reduce((total, name) => total + of(name), 0);
  const before = (name: string): number => rates.get(name) ?? 0;
  const after = (name: string): number => planned.get(name)?.after ?? before(name);
  const spentBy = (chosen: typeof records): number => chosen.reduce((total, each) => total + spentOf(each, now), 0);
  const own = Object.hasOwn(policy.services, service.name) ? policy.services[service.name] : undefined;
  const project: Limit = {
    who: "the project",
    setting: "policy.budget",
    budget: policy.budget,
    others: sum((name) => Math.max(before(name), after(name))),
    othersAfter: sum(after),
    spent: spentBy(records) + endedIn(snapshot.gone, monthOf(now)),
  };
  if (own === undefined) return [project];
  const alone: Limit = {
    who: service.name,
    setting: `policy.services.${service.name}.budget`,
    budget: own.budget,
    others: 0,
    othersAfter: 0,
    spent: spentBy(records.filter(({ name }) => name === service.name)),
  };
  return [alone, project];
}

/** Why it could never be done; what starts nothing costs no more than now, whatever the limit is by now. */
function refusalOf(service: PlannedService, limit: Limit, now: number): string | null {
  const { price, rehearsal, strategy } = service;
  const { budget, who, setting, others, spent } = limit;
  // What stops first does without what there is no money for.
  const peak = strategy === "stop-first" ? price.after : Math.max(price.after, rehearsal?.hourly ?? 0);
  const dearer = peak > price.before + priceTolerance;
  if (!dearer && (strategy === null || price.after === 0)) return null;
  if (dearer && budget.hourly !== null && !isWithin(peak + others, budget)) {
    const beside = others > 0 ? `, the others ${formatPrice(others)}/h` : "";
    return `over budget: it would cost up to ${formatPrice(peak)}/h${beside}, and \`${setting}.hourly\` is ${formatPrice(budget.hourly)}`;
  }
  if (budget.monthly !== null && spent >= budget.monthly)
    return `over budget: ${who} has cost ${formatPrice(spent)} in ${monthOf(now)}, and \`${setting}.monthly\` is ${formatPrice(budget.monthly)}`;
  return null;
}

/** Scaling stops where the money does. */
function scalingReason({ revision, replicas, offers, price }: PlannedService, limit: Limit): readonly Reason[] {
  const { budget, setting, othersAfter } = limit;
  const each = offers[0]?.price ?? 0;
  if (revision === null || revision.spec.scaling === null || budget.hourly === null || each === 0) return [];
  const fits = Math.floor((budget.hourly - othersAfter + priceTolerance) / each);
  if (fits >= replicas.max) return [];
  const text = `\`${setting}.hourly\` of ${formatPrice(budget.hourly)} lets scaling come to ${Math.max(fits, Math.round(price.after / each))} of at most ${replicas.max} replicas, at ${formatPrice(each)}/h each: beyond that it waits as \`over-budget\``;
  return [{ about: "budget", text }];
}

/** When the month's money ends, where it ends before the month does. */
function monthReason({ price }: PlannedService, limit: Limit, { now }: PlanInput): readonly Reason[] {
  const { budget, who, setting, othersAfter, spent } = limit;
  const rate = price.after + othersAfter;
  if (budget.monthly === null || rate === 0) return [];
  const end = now + ((budget.monthly - spent) / rate) * 3_600_000;
  if (end >= endOfMonth(now)) return [];
  const text = `at ${formatPrice(rate)}/h the ${formatPrice(budget.monthly)} of \`${setting}.monthly\` are spent by ${toTimestamp(Math.max(now, end)).slice(0, 10)}: from then on until the month ends nothing of ${who} is started, replacements included`;
  return [{ about: "budget", text }];
}

function endOfMonth(now: number): number {
  const [year = 0, month = 0] = monthOf(now).split("-").map(Number);
  return Date.UTC(year, month);
}
