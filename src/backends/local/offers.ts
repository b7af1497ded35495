import type { Job } from "../../config/job.ts";
import type { Offer, OfferAnswer } from "../backend.ts";
import type { LocalContext } from "./context.ts";
import { findShell } from "./executables.ts";
import { measureHost } from "./host-capacity.ts";
import { roomLeft } from "./instances.ts";
import { findRefusal, round } from "./requirements.ts";
import type { HostCapacity } from "./requirements.ts";

/** The host itself, for nothing, or the first property that it cannot give. */
export async function offersFor(context: LocalContext, job: Job): Promise<OfferAnswer> {
  const host = await measureHost(context.places.runtimeDirectory);
  const refusal = findRefusal(job, host);
  if (refusal !== null) return { ok: false, ...refusal };
  if (job.entrypoint === null && findShell(job.shell, context.environment["PATH"]) === null) {
    return { ok: false, property: "shell", reason: `local finds no ${job.shell ?? "bash or sh"} on this host` };
  }
  const python = job.python === null ? null : await context.pythons.find(job.python);
  if (python?.kind === "missing") {
    return {
      ok: false,
      property: "python",
      reason: `local finds no Python ${job.python} on the path, and no uv to fetch it with`,
    };
  }
  const fetched = python?.kind === "uv" ? [`Python ${job.python} is fetched by uv when it is first needed`] : [];
  const { notes } = await context.isolation();
  return {
    ok: true,
    offers: [offerOf(host, await roomLeft(context))],
    notes: [...notes, ...fetched, ...sizeNotes(job, host)],
  };
}

function offerOf(host: HostCapacity, room: number | null): Offer {
  const resources = `cpu=${host.cpus} mem=${round(host.memoryGb)}GB disk=${round(host.diskGb)}GB`;
  return {
    backend: "local",
    region: "local",
    instance: "localhost",
    resources,
    spot: false,
    price: 0,
    availability: room === 0 ? "busy" : "available",
    ...(room === null ? {} : { headroom: room }),
  };
}

/** Requirements are on the offer, which is the host: nothing keeps a replica from using more than it asked for. */
function sizeNotes(job: Job, host: HostCapacity): readonly string[] {
  const { cpu, memory } = job.resources;
  const short = [
    ...((cpu.count.min ?? 0) > host.cpus ? ["CPUs"] : []),
    ...((memory.min ?? 0) > host.memoryGb ? ["memory"] : []),
  ];
  return short.length === 0 ? [] : [`this host has less ${short.join(" and ")} than the default of \`resources\``];
}
