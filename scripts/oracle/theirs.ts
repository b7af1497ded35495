import { z } from "zod";

import { canonicalJson } from "../../src/lib/canonical-json.ts";
import { tarOf } from "./archive.ts";
import type { Pair, Side } from "./pair.ts";
import { runRequest } from "./run-spec.ts";
import type { Reply, Server } from "./server.ts";

/** What becomes of a running service when its file is edited. */
export interface Verdict {
  readonly action: "update" | "restart";
  /** Whether its replicas must be replaced: all of them in a restart. */
  readonly redeploys: boolean;
  /** Where jobs differ, for people. */
  readonly differs: readonly string[];
}

export type TheirAnswer =
  | ({ readonly kind: "verdict" } & Verdict)
  | { readonly kind: "refused"; readonly side: "before" | "after"; readonly message: string };

const jobSpec = z.record(z.string(), z.unknown());
type JobSpec = z.infer<typeof jobSpec>;
const planned = z.object({
  action: z.enum(["create", "update"]),
  job_plans: z.array(z.object({ job_spec: jobSpec })).min(1),
  current_resource: z.object({ jobs: z.array(z.object({ job_spec: jobSpec })) }).nullable(),
});

/** Submits a pair's OLD as a run, and asks what NEW would do to it. `suffix` keeps the run's name apart from all others. */
export async function theirAnswer(server: Server, pair: Pair, suffix: string): Promise<TheirAnswer> {
  const before = await runSpec(server, pair.before, suffix);
  const first = await server.call("runs/get_plan", { run_spec: before, max_offers: 1 });
  if (!first.ok) return { kind: "refused", side: "before", message: first.message };
  const submitted = await server.call("runs/apply", {
    plan: { run_spec: before, current_resource: null },
    force: true,
  });
  if (!submitted.ok) return { kind: "refused", side: "before", message: submitted.message };
  const reply = await server.call("runs/get_plan", {
    run_spec: await runSpec(server, pair.after, suffix),
    max_offers: 1,
  });
  return reply.ok ? verdict(first, reply) : { kind: "refused", side: "after", message: reply.message };
}

/** A service's run spec, as the reference's command line sends it. */
async function runSpec(server: Server, side: Side, suffix: string): Promise<Readonly<Record<string, unknown>>> {
  const { configuration, files } = runRequest(side);
  const name = `${String(configuration["name"])}-${suffix}`;
  const file_archives = [];
  for (const file of files)
    file_archives.push({ id: await server.upload(tarOf(file.name, file.content)), path: file.path });
  return {
    run_name: name,
    configuration_path: "service.dstack.yml",
    configuration: { ...configuration, name },
    file_archives,
  };
}

/** A run without replicas has no job yet: what its plan said that it would be is compared instead. */
function verdict(before: Extract<Reply, { ok: true }>, after: Extract<Reply, { ok: true }>): TheirAnswer {
  const { action, job_plans, current_resource } = planned.parse(after.value);
  if (action === "create") return { kind: "verdict", action: "restart", redeploys: true, differs: [] };
  const running = current_resource?.jobs[0] ?? planned.parse(before.value).job_plans[0];
  const next = job_plans[0];
  if (running === undefined || next === undefined) throw new Error("the server's plan has no job");
  const differs = differences(running.job_spec, next.job_spec);
  return { kind: "verdict", action: "update", redeploys: differs.length > 0, differs };
}

/** As the server compares them when it looks for replicas that are out of date: an architecture that is no longer asked for is kept. */
function differences(running: JobSpec, next: JobSpec): readonly string[] {
  const kept = architecture(next) === null ? withArchitecture(next, architecture(running)) : next;
  return Object.keys(running).filter(
    (key) => !numbers.has(key) && canonicalJson(running[key]) !== canonicalJson(kept[key]),
  );
}

/** Which replica it is. */
const numbers: ReadonlySet<string> = new Set(["replica_num", "job_num", "job_name"]);

const requirements = z.looseObject({
  resources: z.looseObject({ cpu: z.looseObject({ arch: z.string().nullable() }) }),
});

function architecture(job: JobSpec): string | null {
  return requirements.parse(job["requirements"]).resources.cpu.arch;
}

function withArchitecture(job: JobSpec, arch: string | null): JobSpec {
  const { resources, ...others } = requirements.parse(job["requirements"]);
  return { ...job, requirements: { ...others, resources: { ...resources, cpu: { ...resources.cpu, arch } } } };
}

const commanded = z.object({ commands: z.array(z.string()) });

/** The Python that the server gives to services that name none: its own. */
export async function serverPython(server: Server): Promise<string | null> {
  const configuration = { type: "service", port: 80, commands: ["true"] };
  const reply = await server.call("runs/get_plan", { run_spec: { configuration }, max_offers: 1 });
  if (!reply.ok) throw new Error(`the server makes no plan: ${reply.message}`);
  const [plan] = planned.parse(reply.value).job_plans;
  const { commands } = commanded.parse(plan?.job_spec);
  return /uv venv .*-p (\d+\.\d+)/.exec(commands.join(" "))?.[1] ?? null;
}
