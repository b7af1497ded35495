import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";

import { z } from "zod";

import { processesAt, processesOf } from "./processes.ts";
import type { Process } from "./processes.ts";
import type { Site } from "./site.ts";
import type { StateSeen } from "./state-seen.ts";

const meta = z.looseObject({ token: z.string(), process: z.looseObject({ pid: z.number() }) });

/** What is there and should not be, and what should be and is not, in words. Nothing: every process and file belongs to a recorded replica. */
export async function leftovers(site: Site, state: StateSeen): Promise<readonly string[]> {
  const recorded = [...(state.demo?.replicas ?? []), ...(state.bystander?.replicas ?? [])].map(({ token }) => token);
  const runtime = await runtimeDirectory(site);
  const replicas = await readReplicas(join(runtime, "replicas"));
  const [processes, files] = await Promise.all([processesAt(site.directory), filesOf(site, runtime)]);
  const owned = new Set<number>([site.gateway]);
  const wrong: string[] = [];
  for (const { name, token, pid } of replicas) {
    const own = processesOf(pid, processes);
    for (const each of own) owned.add(each.pid);
    if (!recorded.includes(token)) wrong.push(`replica ${name} runs and is not recorded`);
    else if (!own.some(isService)) wrong.push(`replica ${name} is there without its service's process`);
    else if (own.filter(isService).length > 1) wrong.push(`replica ${name} runs twice`);
  }
  const listed = replicas.map(({ token }) => token);
  for (const token of recorded)
    if (!listed.includes(token)) wrong.push(`replica ${token} is recorded and does not run`);
  for (const { pid, command } of processes.filter((each) => !owned.has(each.pid)))
    wrong.push(`process ${pid} is left: ${command.slice(0, 200)}`);
  return [...wrong, ...files];
}

function isService({ command }: Process): boolean {
  return command.startsWith("node server.mjs");
}

async function runtimeDirectory(site: Site): Promise<string> {
  const place = join(site.directory, "state/dstack-gitops");
  const names = await readdir(place, { withFileTypes: true });
  const found = names.find((entry) => entry.isDirectory() && !entry.name.endsWith(".logs"));
  return join(place, found?.name ?? "");
}

async function readReplicas(directory: string): Promise<readonly { name: string; token: string; pid: number }[]> {
  const names = (await list(directory)).filter((name) => !name.startsWith("."));
  const read = names.map(async (name) => {
    const text = await readFile(join(directory, name, "meta.json"), "utf8").catch(() => null);
    if (text === null) return { name, token: "", pid: -1 };
    const { token, process } = meta.parse(JSON.parse(text));
    return { name, token, pid: process.pid };
  });
  return Promise.all(read);
}

/** Drafts, locks, stagings and temporary files that nobody works with. */
async function filesOf(site: Site, runtime: string): Promise<readonly string[]> {
  const all = await Promise.all(
    ["state", "cache", "tmp", "repository/.git"].map(async (place) => {
      const entries = await readdir(join(site.directory, place), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return entries.map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const routes = (await list(join(runtime, "routes"))).filter((name) => name.endsWith(".json")).length;
  const wrong = all
    .flat()
    .map((path) => relative(site.directory, path))
    .filter((path) => isStray(path) && !path.includes(`/busy/${site.gateway}-`));
  return [
    ...wrong
      .filter((path, index) => !wrong.slice(0, index).some((other) => path.startsWith(`${other}/`)))
      .map((path) => `${path} is left`),
    ...(routes === 1 ? [] : [`${routes} publications lie there`]),
  ];
}

function isStray(path: string): boolean {
  const name = basename(path);
  const [place, ...below] = path.split("/");
  if (place === "tmp") return below.length === 1;
  // What git itself leaves among its objects when it is killed tells nobody whose it is: its age has to do.
  if (name.startsWith("tmp_")) return /^tmp_obj_\d+-/.test(name);
  if (name.endsWith(".lock")) return true;
  if (place === "cache")
    return /^cache\/dstack-gitops\/[^/]+\/(?:busy\/.+|(?:seen|lately)-[^/]+\.json\..+)$/.test(path);
  if (place !== "state") return false;
  // Names of drafts begin with a dot, or end in something random.
  return name.startsWith(".") || name.startsWith("host-id.") || /gateways\/.+\.json\./.test(path);
}

async function list(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
