import { z } from "zod";

import type { LocalInstance } from "./instance-file.ts";

/** `replicas/<token>.<state>/meta.json`, as a supervisor of this or another version wrote it. */
export const instanceFile: z.ZodType<LocalInstance> = z.object({
  version: z.literal(1),
  instance: z.string(),
  nonce: z.string(),
  token: z.string(),
  repository: z.string(),
  project: z.string(),
  stateId: z.string(),
  service: z.string(),
  replica: z.number(),
  deployment: z.number(),
  job: z.string().exactOptional(),
  host: z.string(),
  boot: z.string(),
  process: z.object({ pid: z.number().int().min(2), start: z.string().min(1) }),
  isolation: z.enum(["namespaces", "group"]),
  phase: z.enum(["provisioning", "running", "terminating", "exited"]),
  exitCode: z.number().nullable(),
  startedAt: z.number().nullable(),
  address: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("unix"), path: z.string() }),
    z.object({ kind: z.literal("tcp"), host: z.string(), port: z.number() }),
  ]),
  sockets: z.object({ service: z.string(), control: z.string() }),
});
