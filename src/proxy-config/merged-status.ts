import type { GatewayStatus, RequestWindows, UpstreamTraffic } from "./publisher.ts";

/** What several gateways say together of the services that they serve. */
export function mergedStatus(a: Required<GatewayStatus>, b: Required<GatewayStatus>): Required<GatewayStatus> {
  return {
    generation: Math.min(a.generation, b.generation),
    inFlight: merged(a.inFlight, b.inFlight, (one, other) => one + other),
    requests: merged(a.requests, b.requests, mergedWindows),
    upstreams: merged(a.upstreams, b.upstreams, mergedTraffic),
    // Before that, one of them has not counted.
    countedSince: Math.max(a.countedSince, b.countedSince),
  };
}

/** Requests of one service at two gateways, and their mean duration over both (facts §6). */
export function mergedWindows(a: RequestWindows, b: RequestWindows): RequestWindows {
  return {
    "30": mergedWindow(a["30"], b["30"]),
    "60": mergedWindow(a["60"], b["60"]),
    "300": mergedWindow(a["300"], b["300"]),
  };
}

function mergedWindow(a: RequestWindows["30"], b: RequestWindows["30"]): RequestWindows["30"] {
  const requests = a.requests + b.requests;
  const seconds = a.requests * a.request_time + b.requests * b.request_time;
  return { requests, request_time: requests === 0 ? 0 : Math.round((1000 * seconds) / requests) / 1000 };
}

function mergedTraffic(a: UpstreamTraffic, b: UpstreamTraffic): UpstreamTraffic {
  const requests = a.requests + b.requests;
  const seconds = requests === 0 ? 0 : (a.requests * a.seconds + b.requests * b.seconds) / requests;
  return { requests, errors: a.errors + b.errors, seconds };
}

function merged<Value>(
  a: Readonly<Record<string, Value>>,
  b: Readonly<Record<string, Value>>,
  both: (one: Value, other: Value) => Value,
): Readonly<Record<string, Value>> {
  const entries = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const other = entries.get(key);
    entries.set(key, other === undefined ? value : both(other, value));
  }
  return Object.fromEntries(entries);
}
