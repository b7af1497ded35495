import { z } from "zod";

import { count, time } from "./scalars.ts";

const address = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("unix"), path: z.string() }),
  z.strictObject({ kind: z.literal("tcp"), host: z.string(), port: z.int().min(1).max(65535) }),
]);

const termination = z.strictObject({
  reason: z.enum(["scaled-down", "replaced", "removed", "unhealthy", "superseded", "exited"]),
  since: time,
  drainUntil: time,
});

const replicaError = z.strictObject({
  code: z.enum(["exited", "unhealthy", "unreachable", "interrupted", "no-capacity", "failed-to-start"]),
  retryAt: time,
  exitCode: z.int().nullable(),
  message: z.string(),
  at: time,
});

const digest = z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hex digits");

const digests = z.strictObject({ key: digest, values: z.record(z.string(), digest) });

/** One attempt to run a replica, as a record holds it. */
export const replica = z.strictObject({
  num: count,
  deployment: count,
  token: z.string().min(1),
  status: z.enum(["submitted", "provisioning", "pulling", "running", "terminating", "terminated", "failed"]),
  backend: z.string(),
  region: z.string(),
  price: z.number().min(0),
  offered: z.strictObject({ type: z.string(), spot: z.boolean() }).exactOptional(),
  instance: z.string().nullable(),
  address: address.nullable(),
  submittedAt: time,
  runningAt: time.nullable(),
  readyAt: time.nullable(),
  termination: termination.nullable(),
  error: replicaError.nullable(),
  unreachableSince: time.exactOptional(),
  unlistedSince: time.exactOptional(),
  failingSince: time.exactOptional(),
  digests: digests.exactOptional(),
  failures: count,
});
