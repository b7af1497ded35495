import { randomUUID } from "node:crypto";
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { z } from "zod";

import { systemClock } from "../lib/clock.ts";
import { exitCodes, UserError } from "../lib/user-error.ts";
import { draftMark, sweepDrafts } from "../state/drafts.ts";
import { askGateway } from "./control-client.ts";

const Announcement = z.object({
  gateway: z.string(),
  pid: z.int(),
  host: z.string(),
  port: z.int(),
  socket: z.string(),
});

/** `gateways/<name>.json` in the runtime directory: which process is the gateway of that name, and where to talk to it. */
export type Announcement = Readonly<z.infer<typeof Announcement>>;

/** Longest path of a unix socket that every system takes. */
const maxSocketPath = 100;

/** A path for a new control socket, in the runtime directory or, where that is too deep for a socket, in a private temporary one. */
export async function newSocketPath(runtimeDirectory: string): Promise<string> {
  const directory = gatewaysDirectory(runtimeDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const name = `${randomUUID().slice(0, 8)}.sock`;
  const path = join(directory, name);
  return Buffer.byteLength(path) <= maxSocketPath ? path : join(await mkdtemp(join(tmpdir(), temporaryPrefix)), name);
}

/** Takes the name of a gateway for this process. Refused while another process answers under it; one that died is replaced. */
export async function announce(runtimeDirectory: string, announcement: Announcement): Promise<void> {
  const file = fileOf(runtimeDirectory, announcement.gateway);
  await sweepDrafts(dirname(file), `${basename(file)}.`);
  const draft = `${file}.${await draftMark()}`;
  await writeFile(draft, `${JSON.stringify({ version: 1, ...announcement })}\n`, { mode: 0o600 });
  try {
    while (!(await created(link(draft, file)))) {
      // The very one that did not answer: who has taken its place meanwhile lives.
      const dead = await refuseWhileHeld(runtimeDirectory, announcement.gateway);
      if (dead !== null && (await replaced(dead, draft, file))) return;
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts the draft in the place of a dead announcement. Of several that try, the one that creates the claim does it. */
async function replaced(dead: Announcement, draft: string, file: string): Promise<boolean> {
  const claim = `${file}.${basename(dead.socket)}.claim`;
  if (!(await created(writeFile(claim, "", { flag: "wx", mode: 0o600 })))) {
    // Whoever has the claim needs a moment, or died with it.
    const age = await stat(claim)
      .then(({ mtimeMs }) => Date.now() - mtimeMs)
      .catch(() => 0);
    if (age > 10_000) await rm(claim, { force: true });
    await systemClock.sleep(10);
    return false;
  }
  try {
    if ((await read(file))?.socket !== dead.socket) return false;
    await removeSocket(dead.socket);
    await rename(draft, file);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/** Throws, saying who it is, when a living process is this gateway already; gives the announcement of one that is dead. */
export async function refuseWhileHeld(runtimeDirectory: string, gateway: string): Promise<Announcement | null> {
  const holder = await read(fileOf(runtimeDirectory, gateway));
  if (holder === null) return null;
  const answered = await askGateway(holder.socket, { method: "GET", path: "/status", timeoutMs: 5_000 });
  if (answered !== null) throw held(holder);
  return holder;
}

/** Gives the name back, unless another process has taken it meanwhile. */
export async function withdraw(runtimeDirectory: string, announcement: Announcement): Promise<void> {
  const file = fileOf(runtimeDirectory, announcement.gateway);
  if ((await read(file))?.socket === announcement.socket) await rm(file, { force: true });
  await removeSocket(announcement.socket);
  await rmdir(gatewaysDirectory(runtimeDirectory)).catch(() => {});
}

/** All that have announced themselves; whether they still live shows when they are asked. */
export async function announcedGateways(runtimeDirectory: string): Promise<readonly Announcement[]> {
  const directory = gatewaysDirectory(runtimeDirectory);
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort();
  const found = await Promise.all(files.map((name) => read(join(directory, name))));
  return found.filter((announcement) => announcement !== null);
}

const temporaryPrefix = "dstack-gitops-";

function gatewaysDirectory(runtimeDirectory: string): string {
  return join(runtimeDirectory, "gateways");
}

function fileOf(runtimeDirectory: string, gateway: string): string {
  return join(gatewaysDirectory(runtimeDirectory), `${encodeURIComponent(gateway)}.json`);
}

/** False: it is there already. */
async function created(creating: Promise<void>): Promise<boolean> {
  try {
    await creating;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function read(file: string): Promise<Announcement | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? null : Announcement.parse(JSON.parse(text));
}

async function removeSocket(socket: string): Promise<void> {
  await rm(socket, { force: true });
  const directory = dirname(socket);
  if (directory.startsWith(join(tmpdir(), temporaryPrefix))) await rm(directory, { recursive: true, force: true });
}

function held({ gateway, pid, host, port }: Announcement): UserError {
  return new UserError("gateway-running", `gateway ${gateway} is already served by process ${pid} on ${host}:${port}`, {
    exitCode: exitCodes.failed,
    hint: `it follows every apply by itself; stop it first (kill ${pid}) to serve from here`,
  });
}
