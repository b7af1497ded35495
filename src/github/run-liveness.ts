import { request } from "@octokit/request";
import { z } from "zod";

import type { Clock } from "../lib/clock.ts";
import type { LeaseOwner } from "../state/lease-record.ts";

/** Whether an owner of leases is over: `false` only where GitHub says so. */
export type Liveness = (owner: LeaseOwner) => Promise<boolean | "unknown">;

export interface RunLivenessOptions {
  /** The only server that is asked, and given the token: an owner that names another one is not known here. */
  readonly api: string;
  readonly token: string;
  readonly clock: Clock;
  /** Milliseconds until a question is given up. */
  readonly timeout?: number;
}

/** Milliseconds for which an answer is taken for the present; one that says "over" stays true. */
const kept = 10_000;

/** The longest that a server which limits calls is left alone, in milliseconds: it may ask for an hour, and runs end meanwhile. */
const longestPause = 300_000;

const Run = z.looseObject({ status: z.string().nullable(), run_attempt: z.number().optional() });
const Job = z.looseObject({
  status: z.string(),
  run_id: z.number(),
  run_attempt: z.number().optional(),
  check_run_url: z.string(),
});

interface Answer {
  readonly alive: boolean | "unknown";
  /** Milliseconds for which it holds. */
  readonly holds: number;
}

/** Asks GitHub's API whether the job, or the attempt of the run, that owns a lease is over. Whatever goes wrong is "unknown": then the lease's deadline decides. */
export function runLiveness(options: RunLivenessOptions): Liveness {
  const { clock } = options;
  const known = new Map<string, { readonly until: number; readonly alive: Promise<boolean | "unknown"> }>();
  return async (owner) => {
    const run = workflowRun(owner, options.api);
    if (run === null) return "unknown";
    const key = JSON.stringify(run);
    const before = known.get(key);
    if (before !== undefined && clock.now() < before.until) return before.alive;
    const asked = ask(run, options);
    const alive = asked.then((answer) => answer.alive);
    known.set(key, { until: Number.POSITIVE_INFINITY, alive });
    known.set(key, { until: clock.now() + (await asked).holds, alive });
    return alive;
  };
}

interface WorkflowRun {
  readonly owner: string;
  readonly repo: string;
  readonly run: number;
  readonly attempt: number;
  readonly job: number | undefined;
}

function workflowRun({ run, attempt, github }: LeaseOwner, api: string): WorkflowRun | null {
  const parts = /^([^/]+)\/([^/]+)\/runs\/(\d{1,15})$/.exec(run);
  const [, owner, repo, id] = parts ?? [];
  if (owner === undefined || repo === undefined || github?.api !== api) return null;
  return { owner, repo, run: Number(id), attempt, job: github.job };
}

/** The job where it is known, since the others of its run may go on; else the attempt, and where that is not found the run, which a newer attempt may have. */
async function ask(run: WorkflowRun, options: RunLivenessOptions): Promise<Answer> {
  if (run.job !== undefined) {
    const answer = await get("/repos/{owner}/{repo}/actions/jobs/{job_id}", { job_id: run.job }, run, options);
    const job = Job.safeParse(answer.data).data;
    if (job !== undefined && isJobOf(job, run)) return meaning(job.status);
    // A server that does not answer, or wants to be left alone, is not asked another way.
    if (answer.status === null || answer.wait !== null) return { alive: "unknown", holds: answer.wait ?? kept };
  }
  const path = "/repos/{owner}/{repo}/actions/runs/{run_id}";
  const attempt = { run_id: run.run, attempt_number: run.attempt };
  const first = await get(`${path}/attempts/{attempt_number}`, attempt, run, options);
  const answer = first.status === 404 ? await get(path, { run_id: run.run }, run, options) : first;
  const found = Run.safeParse(answer.data).data;
  if (found === undefined) return { alive: "unknown", holds: answer.wait ?? kept };
  // A run is done again only once it is over.
  return (found.run_attempt ?? run.attempt) > run.attempt ? meaning("completed") : meaning(found.status);
}

function isJobOf(job: z.infer<typeof Job>, run: WorkflowRun): boolean {
  const sameAttempt = job.run_attempt === undefined || job.run_attempt === run.attempt;
  return job.run_id === run.run && sameAttempt && job.check_run_url.endsWith(`/check-runs/${run.job}`);
}

function meaning(status: string | null): Answer {
  if (status === "completed") return { alive: false, holds: Number.POSITIVE_INFINITY };
  const going = ["in_progress", "queued", "requested", "waiting", "pending"].includes(status ?? "");
  return { alive: going ? true : "unknown", holds: kept };
}

interface Got {
  readonly status: number | null;
  readonly data: unknown;
  /** Milliseconds for which the server wants to be left alone; `null`: it did not say so. */
  readonly wait: number | null;
}

const Refusal = z.object({
  status: z.number(),
  response: z.object({ headers: z.record(z.string(), z.unknown()) }).optional(),
});

async function get(
  path: string,
  parameters: Readonly<Record<string, number>>,
  { owner, repo }: WorkflowRun,
  { api, token, clock, timeout = 5_000 }: RunLivenessOptions,
): Promise<Got> {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  try {
    const answer: { readonly status: number; readonly data: unknown } = await request(`GET ${path}`, {
      ...parameters,
      owner,
      repo,
      baseUrl: api,
      headers: { authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" },
      request: { signal: AbortSignal.timeout(timeout), log: silent },
    });
    return { status: answer.status, data: answer.data, wait: null };
  } catch (error) {
    const refusal = Refusal.safeParse(error).data;
    return {
      status: refusal?.status ?? null,
      data: null,
      wait: refusal === undefined ? null : pauseOf(refusal, clock.now()),
    };
  }
}

/** As https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api asks. */
function pauseOf({ status, response }: z.infer<typeof Refusal>, now: number): number | null {
  if (status !== 403 && status !== 429) return null;
  const seconds = (name: string): number => Number(response?.headers[name] ?? Number.NaN);
  const after = seconds("retry-after") * 1000;
  if (after > 0) return Math.min(longestPause, after);
  if (seconds("x-ratelimit-remaining") === 0)
    return Math.min(longestPause, Math.max(kept, seconds("x-ratelimit-reset") * 1000 - now));
  return status === 429 ? 60_000 : null;
}
