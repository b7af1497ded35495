import type { RequestWindows } from "../publisher.ts";

/** Ends of requests by service, in frames of one second, for as long as the longest window (facts §6). */
export interface RequestStatistics {
  record(service: string, durationMs: number, now: number): void;
  /** Services of which nothing ended within the longest window are left out, but for those named. */
  read(now: number, services: readonly string[]): Readonly<Record<string, RequestWindows>>;
}

interface Frame {
  readonly second: number;
  requests: number;
  durationMs: number;
}

const longest = 300;

/** Nothing counted yet. */
export function createRequestStatistics(): RequestStatistics {
  const frames = new Map<string, Frame[]>();

  const record = (service: string, durationMs: number, now: number): void => {
    const second = Math.floor(now / 1000);
    const kept = frames.get(service) ?? [];
    if (kept.length === 0) frames.set(service, kept);
    const last = kept.at(-1);
    if (last !== undefined && last.second === second) {
      last.requests += 1;
      last.durationMs += durationMs;
      return;
    }
    kept.push({ second, requests: 1, durationMs });
    if (kept.length > longest + 1) kept.shift();
  };

  const read = (now: number, services: readonly string[]): Readonly<Record<string, RequestWindows>> => {
    const result: Record<string, RequestWindows> = {};
    for (const service of services) result[service] = windowsOf([], now);
    for (const [service, kept] of frames) {
      const newest = kept.at(-1)?.second ?? 0;
      if (now / 1000 - newest > longest) frames.delete(service);
      else result[service] = windowsOf(kept, now);
    }
    return result;
  };

  return { record, read };
}

function windowsOf(frames: readonly Frame[], now: number): RequestWindows {
  return { "30": windowOf(frames, now, 30), "60": windowOf(frames, now, 60), "300": windowOf(frames, now, 300) };
}

function windowOf(frames: readonly Frame[], now: number, seconds: number): RequestWindows["30"] {
  let requests = 0;
  let durationMs = 0;
  // From the newest on: where a clock was set back, what came before that is older than it says.
  for (const frame of frames.toReversed()) {
    if (now / 1000 - frame.second > seconds) break;
    requests += frame.requests;
    durationMs += frame.durationMs;
  }
  return { requests, request_time: requests === 0 ? 0 : Math.round(durationMs / requests) / 1000 };
}
