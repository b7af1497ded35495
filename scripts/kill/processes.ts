import { readdir, readFile } from "node:fs/promises";

/** A process of this host. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process whose HOME is this directory: the program, what it starts, and what that starts. */
export async function processesAt(home: string): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => read(pid, home)));
  return found.filter((each) => each !== null);
}

async function read(pid: number, home: string): Promise<Process | null> {
  try {
    const [environment, command, stat] = await Promise.all(
      ["environ", "cmdline", "stat"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8")),
    );
    if (environment?.split("\0").includes(`HOME=${home}`) !== true || stat === undefined) return null;
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie holds nothing: its parent is about to look.
    if (state === "Z") return null;
    return { pid, parent: Number(parent), command: (command ?? "").replaceAll("\0", " ").trim() };
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

/** Those that belong to an instance, whose first process is known: what wraps it, what it started, and its way out to the network. */
export function processesOf(first: number, all: readonly Process[]): readonly Process[] {
  const itself = all.find(({ pid }) => pid === first);
  if (itself === undefined) return [];
  const wrapper = all.find(({ pid, command }) => pid === itself.parent && command.startsWith("unshare "));
  const root = wrapper ?? itself;
  const outside = all.filter(
    ({ command }) => /slirp4netns/.test(command) && command.split(" ").includes(String(root.pid)),
  );
  return [...treeOf(root, all), ...outside];
}

function treeOf(root: Process, all: readonly Process[]): readonly Process[] {
  return [root, ...all.filter(({ parent }) => parent === root.pid).flatMap((child) => treeOf(child, all))];
}
