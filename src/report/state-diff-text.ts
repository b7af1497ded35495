import { assertNever } from "../lib/assert-never.ts";
import { formatPrice } from "../lib/format-price.ts";
import { sourceText } from "../reconciler/commit-message.ts";
import type { FactDiff, Facts, ServiceDiff, StateDiff, TargetFact } from "../state/state-diff.ts";
import type { Paint } from "./style.ts";

/** What differs between two states, for people. */
export function stateDiffText(diff: StateDiff, paint: Paint): string {
  const { from, to, services } = diff;
  if (services.length === 0) return `g${from.generation} and g${to.generation} say the same of every service.`;
  const counts = (["came", "went", "changed"] as const).flatMap((change) => {
    const count = services.filter((service) => service.change === change).length;
    return count === 0 ? [] : [`${count} ${change}`];
  });
  return [
    `From g${from.generation} to g${to.generation}, of services: ${counts.join(", ")}.`,
    ...services.flatMap((service) => serviceLines(service, paint)),
  ].join("\n");
}

const signs = { came: "+", went: "-", changed: "~" } as const satisfies Record<ServiceDiff["change"], string>;
const colors = { "+": "green", "-": "red", "~": "yellow" } as const;

function serviceLines({ name, change, facts }: ServiceDiff, paint: Paint): readonly string[] {
  const sign = signs[change];
  return ["", paint(colors[sign], `${sign} ${name}`), ...facts.map((fact) => `    ${factLine(fact, paint)}`)];
}

function factLine(fact: FactDiff, paint: Paint): string {
  const sign = fact.before === null ? "+" : fact.after === null ? "-" : "~";
  const [label, before, after] = textsOf(fact);
  const told = [before, after].filter((text) => text !== null);
  return `${paint(colors[sign], sign)} ${label}: ${told.join(" → ")}`;
}

/** What a fact is about, and what it was and is, where there was and is one. */
function textsOf(fact: FactDiff): readonly [label: string, before: string | null, after: string | null] {
  switch (fact.about) {
    case "target":
      return ["target", ...both(fact, targetText)];
    case "current":
      return ["works towards", ...both(fact, (num) => `deployment ${num}`)];
    case "settled":
      return ["last settled", ...both(fact, ({ deployment, at }) => `deployment ${deployment} at ${at}`)];
    case "replica":
      return replicaTexts(fact);
    case "verdict":
      return ["verdict", ...both(fact, ({ code, message }) => `${code} (${message})`)];
    case "paused":
      return ["paused", ...both(fact, ({ by, at }) => `by ${by} since ${at}`)];
    case "quarantined":
      return ["quarantined", ...both(fact, (nums) => `deployment ${nums.join(", ")}`)];
    case "scaled":
      return ["scaled to", ...both(fact, (count) => `${count} replicas`)];
    case "window":
      return [
        "its time",
        ...both(
          fact,
          ({ openedAt, closedAt }) => `began at ${openedAt}${closedAt === null ? "" : `, over at ${closedAt}`}`,
        ),
      ];
    case "spent":
      return ["ended replicas cost", ...both(fact, ({ month, amount }) => `${formatPrice(amount)} in ${month}`)];
    case "brake":
      return ["brake", ...both(fact, (since) => `holds back since ${since}`)];
    case "lease":
      return [
        "lease",
        ...both(fact, ({ run, host, fence, handOver }) => {
          const where = host === null ? "" : ` on host ${host.slice(0, 12)}`;
          return `${run}${where} (fence ${fence}${handOver ? ", asked to hand over" : ""})`;
        }),
      ];
    case "journal":
      return [
        "open call",
        ...both(fact, ({ kind, token, backend, openedAt }) => `${kind} ${token} on ${backend} since ${openedAt}`),
      ];
    default:
      return assertNever(fact, "fact");
  }
}

function both<Fact>(
  { before, after }: { readonly before: Fact | null; readonly after: Fact | null },
  text: (fact: Fact) => string,
): readonly [string | null, string | null] {
  return [before === null ? null : text(before), after === null ? null : text(after)];
}

function targetText(target: TargetFact): string {
  if (target === "removal") return "its removal";
  const { deployment, by, at } = target;
  return `deployment ${deployment} from ${sourceText(target)}, accepted by ${by} at ${at}`;
}

/** Of one that stays only what has changed. */
function replicaTexts({
  before,
  after,
}: {
  readonly before: Facts["replica"] | null;
  readonly after: Facts["replica"] | null;
}): readonly [string, string | null, string | null] {
  const label = `replica ${(after ?? before)?.num}`;
  const whole = ({ deployment, status, ready, backend, price, error }: Facts["replica"]): string =>
    [
      `deployment ${deployment}`,
      status,
      ...(ready ? ["ready"] : []),
      `on ${backend}`,
      ...(price === 0 ? [] : [`${formatPrice(price)}/h`]),
      ...(error === null ? [] : [error]),
    ].join(", ");
  if (before === null || after === null) return [label, ...both({ before, after }, whole)];
  const parts = (fact: Facts["replica"], other: Facts["replica"]): string =>
    [
      ...(fact.num === other.num ? [] : [`replica ${fact.num}`]),
      ...(fact.deployment === other.deployment ? [] : [`deployment ${fact.deployment}`]),
      ...(fact.status === other.status ? [] : [fact.status]),
      ...(fact.ready === other.ready ? [] : [fact.ready ? "ready" : "not ready"]),
      ...(fact.price === other.price ? [] : [`${formatPrice(fact.price)}/h`]),
      ...(fact.backend === other.backend ? [] : [`on ${fact.backend}`]),
      ...(fact.error === other.error ? [] : [fact.error ?? "no failure"]),
    ].join(", ");
  return [label, parts(before, after), parts(after, before)];
}
