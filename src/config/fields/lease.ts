import { object } from "../schema/object.ts";
import { refuse } from "../schema/schema.ts";
import { nullable, transform } from "../schema/words.ts";
import type { LeaseSettings } from "../settings.ts";
import { duration, notNegative } from "./duration.ts";

/** Leases as they are written: without a skew of its own one follows from the rest. */
export interface WrittenLease extends Omit<LeaseSettings, "skew"> {
  readonly skew: number | null;
}

/** In seconds: what clocks of hosts are trusted to differ by at most, unless settings say otherwise. */
export const longestSkew = 300;

export const writtenDefaultLease: WrittenLease = { ttl: 900, skew: null };

/** Shorter than this a slow push would outlast the lease that it renews. */
const shortest = 5;

/** `state.lease`. An owner stops before the deadline by the skew, and renews at half of the time: it needs the rest to act. */
export const lease = transform(
  object<WrittenLease>({
    ttl: {
      schema: duration({ min: shortest }),
      default: writtenDefaultLease.ttl,
      writtenDefault: "15m",
      description:
        "How long a lease holds unless it is renewed, as it is at half of this time. Whoever cannot prove its owner dead waits that long.",
      example: "10m",
    },
    skew: {
      schema: nullable(notNegative),
      default: null,
      description:
        "How far the clocks of two hosts may differ: an owner stops that much before the deadline, and others wait that much longer. By default a third of `ttl`, at most 5 minutes; nothing while the state is in the local repository.",
      example: "1m",
    },
  }),
  (read, at) =>
    read.skew !== null && read.skew > read.ttl / 2
      ? refuse(at, `\`skew\` may be half of \`ttl\` at most: ${Math.floor(read.ttl / 2)}s, got ${read.skew}s`)
      : read,
);
