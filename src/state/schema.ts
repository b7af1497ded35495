/** Files of the state branch, key by key in the order in which they are written. Unknown keys are errors: writing would lose them. */

import { z } from "zod";

import { fingerprint } from "../config/fingerprint.ts";
import type { JobFile, RepoState } from "../config/job.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { Gone } from "./gone.ts";
import type { Lease } from "./lease-record.ts";
import type { Spent } from "./progress.ts";
import type { Intent, ServiceRecord } from "./record.ts";
import { replica } from "./replica-schema.ts";
import { commit, count, name, sha256, time } from "./scalars.ts";
import { verdict } from "./verdict-schema.ts";

/** A spec is not validated again: its fingerprint proves that it is what was accepted. */
const spec = z.custom<ServiceSpec>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected a spec",
);

const jobFile: z.ZodType<JobFile> = z.strictObject({
  local_path: z.string(),
  path: z.string(),
  content: sha256,
  kind: z.enum(["file", "directory"]),
});

/** What a repository of `repos` is at: never without the repository's own id. */
export const repoState: z.ZodType<RepoState> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hex digits"),
  url: z.string(),
  branch: z.string().nullable(),
  commit,
  diff: sha256.nullable(),
});

const spent: z.ZodType<Spent> = z.strictObject({
  month: z.string().regex(/^\d{4}-\d{2}$/, "expected a month such as 2026-11"),
  amount: z.number().min(0),
});

/** `gone.json`. */
export const gone: z.ZodType<Gone> = z.strictObject({
  spent: spent.exactOptional(),
  services: z.array(z.strictObject({ name, born: count })),
});

const target = z.strictObject({
  deployment: count,
  fingerprint: sha256,
  acceptance: count,
  commit,
  planId: z.string(),
  by: z.string(),
  acceptedAt: time,
  floor: count,
  served: count.exactOptional(),
  strategy: z.enum(["surge", "stop-first", "blue-green", "canary"]).exactOptional(),
});

const deployment = z
  .strictObject({
    num: count,
    run: count,
    spec,
    fingerprint: sha256,
    acceptance: count,
    files: z.array(jobFile),
    repos: z.array(repoState).exactOptional(),
    job: sha256,
    restarts: count,
    file: z.string(),
    commit,
    acceptedAt: time,
    settledAt: time.nullable(),
    bakedAt: time.nullable(),
    canary: z
      .strictObject({
        step: count,
        replicas: count,
        since: time.nullable(),
        share: z.number().min(0).max(1).nullable(),
      })
      .exactOptional(),
    canaryEndedAt: time.exactOptional(),
    tookOverAt: time.exactOptional(),
    gaveUpAt: time.exactOptional(),
  })
  .check((context) => {
    const actual = fingerprint(context.value.spec);
    if (actual === context.value.fingerprint) return;
    context.issues.push({
      code: "custom",
      path: ["fingerprint"],
      message: `expected ${actual}, the fingerprint of this deployment's spec`,
      input: context.value.fingerprint,
    });
  });

/** `services/<shard>/<name>.json` */
export const record: z.ZodType<ServiceRecord> = z.strictObject({
  name,
  born: count,
  target: target.nullable(),
  current: count,
  run: count,
  deployments: z.array(deployment),
  replicas: z.array(replica),
  attempts: count,
  quarantined: z.array(z.strictObject({ fingerprint: sha256, acceptance: count, deployment: count, at: time })),
  verdict: verdict.nullable(),
  // Absent in records of before there were these two.
  scaled: z.strictObject({ count, at: time }).nullable().default(null),
  window: z
    .strictObject({
      openedAt: time,
      seenAt: time,
      closedAt: time.nullable(),
      idle: z.array(z.strictObject({ replica: count, gpu: z.string(), highest: z.number().min(0) })).exactOptional(),
    })
    .nullable()
    .default(null),
  starts: z
    .array(
      z.strictObject({ run: z.number().min(0), ready: z.number().min(0), probing: z.number().min(0).exactOptional() }),
    )
    .exactOptional(),
  spent: spent.exactOptional(),
  brake: z
    .strictObject({
      givenUp: z.array(z.strictObject({ at: time, count })),
      heldSince: time.exactOptional(),
      consentedAt: time.exactOptional(),
    })
    .exactOptional(),
  paused: z.strictObject({ at: time, by: z.string() }).nullable(),
});

const intent: z.ZodType<Intent> = z.strictObject({
  kind: z.enum(["provision", "terminate"]),
  service: name,
  replica: count,
  deployment: count,
  token: z.string().min(1),
  backend: z.string(),
  instance: z.string().nullable(),
  openedAt: time,
});

/** `journal/<shard>/<name>.json` */
export const intents: z.ZodType<readonly Intent[]> = z.array(intent);

/** `leases/<shard>/<name>.json` */
export const lease: z.ZodType<Lease> = z.strictObject({
  owner: z.strictObject({
    run: z.string(),
    attempt: z.int(),
    nonce: z.string().min(1),
    host: z.string().nullable(),
    boot: z.string().nullable(),
    pid: z.int().nullable(),
    pidStart: z.string().nullable(),
    github: z.strictObject({ api: z.string(), job: count.exactOptional() }).exactOptional(),
  }),
  acquiredAt: time,
  deadline: time,
  fence: count,
  handOver: z.boolean(),
});

/** `format`, of any version: newer ones may hold more. */
export const format = z.looseObject({
  version: z.int().min(1),
  stateId: z.string().min(1),
  createdAt: time.exactOptional(),
  repository: z.string().min(1).exactOptional(),
  home: z
    .union([z.strictObject({ forge: z.string(), id: z.string() }), z.strictObject({ path: z.string() })])
    .exactOptional(),
});
export type Format = z.infer<typeof format>;
