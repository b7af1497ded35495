import { idleLimit } from "./gpus.ts";
import type { Behaviour } from "./instance.ts";
import { between, pick } from "./random.ts";
import type { Random } from "./random.ts";

/** A service file, as plain data. */
export interface Revision {
  readonly service: string;
  /** Of the commit that edited its job last. */
  readonly number: number;
  readonly behaviour: Behaviour;
  readonly replicas: number;
  readonly readyAfter: number;
  readonly stripPrefix: boolean;
  readonly probes: number;
  /** Follows the load, from `replicas` on. */
  readonly scales: boolean;
  /** Minutes from one window to the next; `null`: always. */
  readonly everyMinutes: number | null;
  /** Seconds that it is up for. */
  readonly maxDuration: number | null;
  /** Needs a value that no file says. */
  readonly secret: boolean;
  /** However little its GPUs are used. */
  readonly mayIdle: boolean;
  /** After what, and for how many seconds, a replica is tried again; absent: its service says nothing of it. */
  readonly retry?: { readonly events: readonly ("no-capacity" | "interruption" | "error")[]; readonly seconds: number };
}

const bad = ["slow", "crashes-at-start", "crashes-later", "never-ready", "sickens", "flaps", "fails-requests"] as const;

/** One edit of a service file: mostly its job, some of everything else. */
export function drawRevision(random: Random, service: string, number: number, last: Revision | null): Revision {
  const base: Revision = last ?? {
    service,
    number,
    behaviour: "healthy",
    replicas: between(random, 1, 4),
    readyAfter: 1,
    stripPrefix: true,
    probes: 1,
    scales: random() < 0.25,
    everyMinutes: random() < 0.08 ? pick(random, [2, 3, 5]) : null,
    maxDuration: null,
    secret: random() < 0.25,
    mayIdle: true,
  };
  const everyMinutes = random() < 0.04 ? (base.everyMinutes === null ? 3 : null) : base.everyMinutes;
  const limited = random() < 0.04 ? base.maxDuration === null : base.maxDuration !== null;
  return {
    ...base,
    number: random() < 0.85 ? number : base.number,
    behaviour: random() < 0.6 ? "healthy" : pick(random, bad),
    // A schedule that scales to zero is refused.
    replicas: Math.max(everyMinutes === null ? 0 : 1, random() < 0.3 ? between(random, 0, 5) : base.replicas),
    readyAfter: random() < 0.1 ? between(random, 1, 3) : base.readyAfter,
    stripPrefix: random() < 0.12 ? !base.stripPrefix : base.stripPrefix,
    probes: random() < 0.15 ? between(random, 0, 2) : base.probes,
    scales: random() < 0.1 ? !base.scales : base.scales,
    everyMinutes,
    // What a schedule begins must end before it begins again.
    maxDuration: everyMinutes === null ? (limited ? (base.maxDuration ?? between(random, 30, 400)) : null) : 80,
    secret: random() < 0.05 ? !base.secret : base.secret,
  };
}

export function serviceFile(revision: Revision): string {
  const { service, behaviour, replicas, scales, everyMinutes, maxDuration, mayIdle, retry } = revision;
  const probe = (path: string): string =>
    `{ type: http, url: ${path}, interval: 1s, ready_after: ${revision.readyAfter} }`;
  const probes = ["/health", "/ready"].slice(0, revision.probes).map(probe);
  const env = [`BEHAVIOUR=${behaviour}`, `REVISION=${revision.number}`, ...(revision.secret ? [secretName] : [])];
  return [
    "type: service",
    `name: ${service}`,
    "auth: false",
    `replicas: ${replicas}${scales ? `..${replicas + 2}` : ""}`,
    `strip_prefix: ${revision.stripPrefix}`,
    `env: [${env.join(", ")}]`,
    "commands: [serve]",
    "port: 8000",
    `probes: [${probes.join(", ")}]`,
    ...(scales ? ["scaling: { metric: rps, target: 1, window: 30s, scale_up_delay: 2s, scale_down_delay: 5s }"] : []),
    ...(everyMinutes === null ? [] : [`schedule: { cron: "*/${everyMinutes} * * * *" }`]),
    ...(maxDuration === null ? [] : [`max_duration: ${maxDuration}s`]),
    ...(mayIdle ? [] : [utilizationPolicy]),
    ...(retry === undefined ? [] : [`retry: { on_events: [${retry.events.join(", ")}], duration: ${retry.seconds}s }`]),
    "",
  ].join("\n");
}

const utilizationPolicy = `utilization_policy: { min_gpu_utilization: ${idleLimit.percent}, time_window: ${idleLimit.seconds} }`;

/** A bare name of `env`: whoever applies has its value, and a tick may lack it. */
export const secretName = "TOKEN";
