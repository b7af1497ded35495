import { between } from "./random.ts";
import type { Random } from "./random.ts";
import type { Revision } from "./revision.ts";

/** Which of its commits limit how long a service may idle. */
export interface IdleLimits {
  limits(service: string, commit: number): boolean;
}

/** Some services have a limit from some commit on, and a few lose it again. */
export function drawIdleLimits(random: Random, services: readonly string[]): IdleLimits {
  const spans = new Map(
    services.map((service) => {
      const from = random() < 0.4 ? between(random, 0, 1) : Infinity;
      const until = random() < 0.15 ? from + between(random, 1, 3) : Infinity;
      return [service, { from, until }] as const;
    }),
  );
  return {
    limits(service, commit) {
      const { from = Infinity, until = Infinity } = spans.get(service) ?? {};
      return commit >= from && commit < until;
    },
  };
}

export function withLimits(files: readonly Revision[], commit: number, idle: IdleLimits): readonly Revision[] {
  return files.map((revision) => ({ ...revision, mayIdle: !idle.limits(revision.service, commit) }));
}
