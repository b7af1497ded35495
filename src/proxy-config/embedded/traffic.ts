import type { UpstreamTraffic } from "../publisher.ts";

/** Whether a replica failed a request: no answer, no whole one, or a status of 500 and above. */
export type Result = "well" | "failed";

/** What became of the requests of one route's upstreams, all of them counted from the same moment on. */
export interface Traffic {
  record(upstream: string, result: Result, durationMs: number): void;
  /** Zeros of an upstream that has had none. */
  read(upstreams: readonly string[]): Readonly<Record<string, UpstreamTraffic>>;
}

interface Count {
  requests: number;
  errors: number;
  durationMs: number;
}

/** Nothing counted yet. Holds three numbers for each upstream that has had a request. */
export function createTraffic(): Traffic {
  const counts = new Map<string, Count>();

  const record = (upstream: string, result: Result, durationMs: number): void => {
    const count = counts.get(upstream) ?? { requests: 0, errors: 0, durationMs: 0 };
    counts.set(upstream, count);
    count.requests += 1;
    count.errors += result === "failed" ? 1 : 0;
    // A clock that was set back in between.
    count.durationMs += Math.max(0, durationMs);
  };

  const read = (upstreams: readonly string[]): Readonly<Record<string, UpstreamTraffic>> =>
    Object.fromEntries(upstreams.map((upstream) => [upstream, trafficOf(counts.get(upstream))]));

  return { record, read };
}

function trafficOf(count: Count | undefined): UpstreamTraffic {
  if (count === undefined) return { requests: 0, errors: 0, seconds: 0 };
  const { requests, errors, durationMs } = count;
  return { requests, errors, seconds: Math.round(durationMs / requests) / 1000 };
}
