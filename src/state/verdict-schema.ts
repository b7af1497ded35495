import { z } from "zod";

import { count, time } from "./scalars.ts";

const traffic = z.strictObject({ requests: count, errors: count, seconds: z.number().min(0) });

const evidence = z.strictObject({
  exitCode: z.int().exactOptional(),
  probes: z
    .array(z.strictObject({ probe: count, url: z.string(), status: z.int().nullable(), error: z.string().nullable() }))
    .exactOptional(),
  missing: z.array(z.string()).exactOptional(),
  backend: z.string().exactOptional(),
  token: z.string().exactOptional(),
  cause: z.string().exactOptional(),
  traffic: z.strictObject({ new: traffic, old: traffic }).exactOptional(),
});

/** A verdict with its evidence. */
export const verdict = z.strictObject({
  code: z.enum(["unhealthy", "no-capacity", "stuck", "missing-env", "refused", "retry-limit", "over-budget", "braked"]),
  deployment: count,
  replica: count.nullable(),
  message: z.string(),
  at: time,
  evidence,
});
