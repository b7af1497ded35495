import { z } from "zod";

import { createRequestStatistics } from "../../src/proxy-config/embedded/request-statistics.ts";
import { mergedWindows } from "../../src/proxy-config/merged-status.ts";
import { autoscale, clamp } from "../../src/reconciler/decide/autoscale.ts";
import { retryAt } from "../../src/reconciler/decide/back-off.ts";
import type { Answerer } from "./case.ts";
import { skipped, unknownKind, value } from "./case.ts";
import { unmarked } from "./numbers.ts";
import { fromProperty, fromSpec } from "./parsing.ts";
import { skips } from "./skips.ts";

const load = z.object({
  min: z.number(),
  max: z.number(),
  target: z.number().nullable(),
  current: z.number(),
  window: z.union([z.literal(30), z.literal(60), z.literal(300)]).default(60),
  stats: z.record(z.string(), z.number()).nullable(),
  seconds_since_last_scaled: z.number().nullable(),
});

/** How many replicas a load asks for. */
export function autoscalerAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("groups/")) return countedAnswer(input);
  const {
    min,
    max,
    target,
    current,
    window,
    stats,
    seconds_since_last_scaled: sinceScaled,
  } = load.parse(unmarked(input));
  if (target === null) return value(clamp(current, { min, max }));
  const scaling = { target, window, scale_up_delay: 300, scale_down_delay: 600 };
  const requests = stats?.[String(window)] ?? null;
  return value(autoscale({ scaling, bounds: { min, max }, current, requests, sinceScaled }));
}

const counted = z.object({
  configuration: z.looseObject({ groups: z.unknown().optional() }),
  previous: z.record(z.string(), z.number()).nullable(),
  stats: z.record(z.string(), z.number()).nullable(),
  since: z.number().nullable(),
});

/** The same for a whole service, which later versions see as its only group. */
function countedAnswer(input: unknown): ReturnType<Answerer> {
  const { configuration, previous, stats, since } = counted.parse(unmarked(input));
  if (configuration.groups !== undefined) return skipped(skips.laterOnly.reason);
  return fromSpec(configuration, ({ replicas: bounds, scaling }) => {
    const current = previous?.["0"] ?? bounds.min;
    const requests = stats?.[String(scaling?.window)] ?? null;
    const total =
      scaling === null ? clamp(current, bounds) : autoscale({ scaling, bounds, current, requests, sinceScaled: since });
    return { total, per_group: { "0": total } };
  });
}

const window = z.object({ requests: z.number(), request_time: z.number() });
const windows = z.object({ "30": window, "60": window, "300": window });
const collected = z.object({ now: z.string(), log: z.array(z.string()) });

/** Requests in windows, from what a gateway counted. */
export function statsAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (name.startsWith("merge_gateway_replicas/"))
    return value(z.array(windows).parse(unmarked(input)).reduce(mergedWindows));
  if (!name.startsWith("collect/")) return unknownKind(name);
  const { now, log } = collected.parse(input);
  const lines = log.map((line) => line.split(" "));
  if (lines.some((columns) => columns.length !== 5)) return skipped(skips.oldLog.reason);
  const statistics = createRequestStatistics();
  for (const [time = "", host = "", , duration = "", hit] of lines)
    if (hit === "1") statistics.record(host, Math.round(Number(duration) * 1000), Date.parse(time));
  return value(statistics.read(Date.parse(now), []));
}

/** What `retry` means, and how long the next attempt waits. */
export function retryAnswer(input: unknown, { name }: { readonly name: string }): ReturnType<Answerer> {
  if (!name.startsWith("delay/"))
    return fromProperty(z.record(z.string(), z.unknown()).parse(input), ({ retry }) =>
      retry === false ? null : retry,
    );
  return value(retryAt("no-capacity", z.number().parse(unmarked(input)), 0) / 1000);
}
