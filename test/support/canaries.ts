import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";

/** Secrets to look for, by what they were planted in. */
export type Canaries = Readonly<Record<string, string>>;

/** A value that is nowhere else, and that is written in another way in an address. */
export function canary(where: string): string {
  return `canary/${where}+${randomBytes(8).toString("hex")}`;
}

/** Texts that have a secret in them: `canary at place`. */
export function leaks(
  canaries: Canaries,
  texts: readonly (readonly [place: string, text: string])[],
): readonly string[] {
  const wanted = Object.entries(canaries).map(([name, value]) => ({ name, forms: formsOf(value) }));
  return texts.flatMap(([place, text]) =>
    wanted.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ name }) => `${name} at ${place}`),
  );
}

/** As it is, in an address, in JSON, in hexadecimal, and in base64 wherever it begins. */
function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const inner = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const urlSafe = inner.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [value, encodeURIComponent(value), encodeURI(value), bytes.toString("hex"), ...inner, ...urlSafe];
}

/** Every file below a directory, with its path; what goes meanwhile is left out. */
export async function filesBelow(directory: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    paths.map(async (path) => [path, await readFile(path, "latin1").catch(() => "")] as const),
  );
  return texts;
}

/** Everything that git keeps in a repository, packed or not, referenced or not. */
export async function objectsOf(repository: string): Promise<readonly [string, string]> {
  const { stdout } = await execa("git", ["cat-file", "--batch-all-objects", "--batch", "--unordered"], {
    cwd: repository,
    encoding: "latin1",
    maxBuffer: 1e9,
    stripFinalNewline: false,
  });
  return [`objects of ${repository}`, stdout];
}

/** What processes are called with, from now on until it is disposed of. */
export function watchProcesses(): AsyncDisposable & { readonly seen: ReadonlyMap<number, ReadonlySet<string>> } {
  const seen = new Map<number, Set<string>>();
  let over = false;
  const watching = watch();
  return {
    seen,
    async [Symbol.asyncDispose]() {
      over = true;
      await watching;
    },
  };

  async function watch(): Promise<void> {
    while (!over) {
      const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        const commands = seen.get(Number(pid)) ?? new Set();
        seen.set(Number(pid), commands.add(command));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
