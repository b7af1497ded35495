import type { Offer } from "../../backends/backend.ts";
import type { Budget, Policy } from "../../config/settings.ts";
import { formatPrice } from "../../lib/format-price.ts";
import { toTimestamp } from "../../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../../state/record.ts";
import type { Verdict } from "../../state/verdict.ts";
import type { Context, Draft } from "./draft.ts";
import { currentDeployment } from "./draft.ts";
import { monthOf, priceTolerance, rateOf, spentOf } from "./money.ts";
import { noOthers } from "./others.ts";
import type { Others } from "./others.ts";

/** How many of the wanted replicas the budgets allow to be started now, and why no more of them where that is none. */
export interface Room {
  readonly count: number;
  /** `null` where only what is leaving is in the way: it is waited for without a word. */
  readonly verdict: Verdict | null;
}

/**
 * What budgets leave of a wish for `count` more replicas. Nothing that runs is ended for money: what does not fit waits.
 * A run that takes over as a whole is started whole, so that two of them never keep half of the money each.
 */
export function roomFor(draft: Draft, count: number, context: Context): Room {
  const price = context.observed.supply?.offers[0]?.price ?? 0;
  const whole = { count, verdict: null };
  if (price === 0 || !isLimited(draft.record, context.policy)) return whole;
  const { record } = draft;
  const { policy, now } = context;
  const bills = billsOf(record, context.others?.() ?? noOthers, { policy, now });
  const affordable = Math.min(count, ...bills.map((bill) => affordableOf(bill, price)));
  const beside = currentDeployment(record).run !== record.run;
  if (affordable === count || (affordable > 0 && !beside)) return { count: affordable, verdict: null };
  const wanted = beside ? count : 1;
  const leaving = rateOf(record) - rateOf({ ...record, replicas: record.replicas.filter(isStaying) });
  const short = bills.find((bill) => affordableOf({ ...bill, hourly: bill.hourly - leaving }, price) < wanted);
  return { count: 0, verdict: short === undefined ? null : verdictOf(record, short, { price, wanted, now }) };
}

/**
 * How many more of what can be had the budgets leave room for, once these have gone: at least one, or whoever stops one
 * replica for another stops it for nothing.
 */
export function roomAfter(draft: Draft, gone: readonly ReplicaRecord[], context: Context): number {
  const { offers = [], taken = [] } = context.observed.supply ?? {};
  const price = [...offers, ...taken][0]?.price ?? 0;
  if (price === 0 || !isLimited(draft.record, context.policy)) return Infinity;
  const freed = rateOf({ replicas: gone });
  const bills = billsOf(draft.record, context.others?.() ?? noOthers, context);
  return Math.min(...bills.map((bill) => affordableOf({ ...bill, hourly: bill.hourly - freed }, price)));
}

/** Which offers the budgets have room for one more of: the next best may be dearer than the best, by which is counted (`roomFor`). */
export function payable(draft: Draft, offers: readonly Offer[], context: Context): readonly Offer[] {
  if (!isLimited(draft.record, context.policy)) return offers;
  const bills = billsOf(draft.record, context.others?.() ?? noOthers, context);
  return offers.filter(({ price }) => price === 0 || bills.every((bill) => affordableOf(bill, price) > 0));
}

/** What one exchange may cost: so many more replicas at once, and so many in all, at this price. */
export interface Exchanged {
  readonly price: number;
  readonly more: number;
  readonly wanted: number;
}

/**
 * Which budget leaves no room for what an exchange starts beside what runs, where it has room for what is there
 * afterwards. `null`: there is room for both, or for neither.
 */
export function shortBudget(
  record: ServiceRecord,
  { price, more, wanted }: Exchanged,
  { others, ...time }: { readonly others: Others; readonly policy: Policy; readonly now: number },
): string | null {
  if (price === 0) return null;
  const bills = billsOf(record, others, time);
  const short = bills.find((bill) => affordableOf(bill, price) < more);
  const freed = rateOf(record);
  const fits = bills.every((bill) => affordableOf({ ...bill, hourly: bill.hourly - freed }, price) >= wanted);
  return short === undefined || !fits ? null : shortText(short.budget, more);
}

export function shortText({ hourly }: Budget, more: number): string {
  return `the budget of ${formatPrice(hourly ?? 0)}/h has no room for ${more === 1 ? "another replica" : `${more} more replicas`}`;
}

/** Whether all that a record has may exist beside what the others have. */
export function isWithinBudget(
  record: ServiceRecord,
  others: Others,
  time: { readonly policy: Policy; readonly now: number },
): boolean {
  return billsOf(record, others, time).every((bill) => affordableOf(bill, 0) > 0);
}

export function isLimited({ name }: Pick<ServiceRecord, "name">, policy: Policy): boolean {
  return budgetsOf(name, policy).some(({ budget }) => budget.hourly !== null || budget.monthly !== null);
}

interface Bill {
  /** Who is billed, and the setting that limits it. */
  readonly name: string;
  readonly setting: string;
  readonly budget: Budget;
  readonly hourly: number;
  readonly spent: number;
}

function billsOf(
  record: ServiceRecord,
  others: Others,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): readonly Bill[] {
  const own = { hourly: rateOf(record), spent: spentOf(record, now) };
  const all = { hourly: own.hourly + others.hourly, spent: own.spent + others.spent };
  return budgetsOf(record.name, policy).map(({ scope, ...limit }) => ({
    ...limit,
    ...(scope === "service" ? own : all),
  }));
}

function budgetsOf(name: string, policy: Policy) {
  const own = Object.hasOwn(policy.services, name) ? policy.services[name] : undefined;
  const project = { scope: "project", name: "the project", setting: "policy.budget", budget: policy.budget } as const;
  if (own === undefined) return [project];
  return [{ scope: "service", name, setting: `policy.services.${name}.budget`, budget: own.budget } as const, project];
}

/** How many more replicas of a price fit; for a price of 0 one, where what there is fits itself. */
function affordableOf({ budget, hourly, spent }: Bill, price: number): number {
  if (budget.monthly !== null && spent >= budget.monthly) return 0;
  if (budget.hourly === null) return Infinity;
  const left = budget.hourly - hourly + priceTolerance;
  if (price === 0) return left >= 0 ? 1 : 0;
  return Math.max(0, Math.floor(left / price));
}

function isStaying({ status }: ServiceRecord["replicas"][number]): boolean {
  return status !== "terminating";
}

interface Wish {
  readonly price: number;
  readonly wanted: number;
  readonly now: number;
}

function verdictOf(record: ServiceRecord, bill: Bill, wish: Wish): Verdict {
  return {
    code: "over-budget",
    deployment: record.current,
    replica: null,
    message: messageOf(bill, wish),
    at: toTimestamp(wish.now),
    evidence: {},
  };
}

/** Says nothing that grows while it waits, so that a pass that only waits writes nothing. */
function messageOf({ name, setting, budget, hourly, spent }: Bill, { price, wanted, now }: Wish): string {
  const more = `${wanted === 1 ? "another replica" : `${wanted} more replicas`} would cost ${formatPrice(price * wanted)}/h`;
  if (budget.monthly !== null && spent >= budget.monthly)
    return `what ${name} may cost in ${monthOf(now)} is spent (\`${setting}.monthly\` is ${formatPrice(budget.monthly)}), and ${more}`;
  return `${name} costs ${formatPrice(hourly)}/h, ${more}, and \`${setting}.hourly\` is ${formatPrice(budget.hourly ?? 0)}`;
}
