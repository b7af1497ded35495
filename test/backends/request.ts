import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { MachineBackend, Owner, ProvisionRequest } from "../../src/backends/backend.ts";
import type { FileEntry } from "../../src/config/files.ts";
import { jobOf } from "../../src/config/job.ts";
import type { Job } from "../../src/config/job.ts";
import { specOf } from "../support/specs.ts";

/** Whose replicas the tests start. */
export const owner: Owner = { repository: "0123456789abcdef", stateId: "state-a", project: "main" };

const fixtureDirectory = join(import.meta.dirname, "../fixtures/replicas");
const tree: readonly FileEntry[] = [
  { path: "deep/run.sh", mode: "executable", content: Buffer.from("run") },
  { path: "link", mode: "symlink", content: Buffer.from("plain.txt") },
  { path: "plain.txt", mode: "file", content: Buffer.from("plain") },
];

/** A job that runs one of the fixture programs, which its files bring along. */
export function program(name: string): Pick<Job, "commands" | "files"> {
  const file = { local_path: name, path: name, content: `sha256:${name}`, kind: "file" } as const;
  return {
    commands: [`exec node ${name}`],
    files: [file, { local_path: "tree", path: "tree", content: "sha256:tree", kind: "directory" }],
  };
}

/** Content of the files of `program`. */
export async function fixtures(file: { readonly path: string }): Promise<readonly FileEntry[]> {
  if (file.path === "tree") return tree;
  return [{ path: "", mode: "file", content: await readFile(join(fixtureDirectory, file.path)) }];
}

/** A whole request, with what a test is about on top. */
export async function makeRequest(
  world: { readonly open: () => MachineBackend; readonly job: Partial<Job> },
  rest: Partial<ProvisionRequest> & { readonly token: string },
  overrides: Partial<Job>,
): Promise<ProvisionRequest> {
  const job: Job = { ...jobOf(specOf(), []), ...world.job, ...overrides };
  const answer = await world.open().offers(job);
  const offer = answer.ok ? answer.offers[0] : undefined;
  if (offer === undefined) throw new Error(answer.ok ? "no offers" : answer.reason);
  return {
    owner,
    service: "web",
    replica: 0,
    deployment: 0,
    job,
    env: {},
    registryAuth: null,
    offer,
    readFile: fixtures,
    ...rest,
  };
}
