import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { BackendError } from "../errors.ts";
import { findExecutables } from "./executables.ts";
import { unlessMissing } from "./kept-logs.ts";
import { runTool } from "./run-tool.ts";

type Host = Readonly<Record<string, string | undefined>>;

/** Where an interpreter of the version comes from: it is here, `uv` can fetch it, or neither. */
export type PythonSource =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "uv"; readonly uv: string }
  | { readonly kind: "missing" };

/** Interpreters of this host, each version looked for once. */
export interface Pythons {
  find(version: string): Promise<PythonSource>;
  /** The interpreter's path, fetched first where need be. */
  provide(version: string, signal?: AbortSignal): Promise<string>;
}

const lookMs = 10_000;
const fetchMs = 10 * 60_000;

/** Looks on the path, among pyenv's versions, and where uv looks. */
export function createPythons(host: Host): Pythons {
  const known = new Map<string, Promise<PythonSource>>();

  function find(version: string): Promise<PythonSource> {
    const source = known.get(version) ?? findPython(version, host);
    known.set(version, source);
    return source;
  }

  async function provide(version: string, signal?: AbortSignal): Promise<string> {
    const source = await find(version);
    if (source.kind === "found") return source.path;
    if (source.kind === "missing")
      throw new BackendError("local", "invalid", `no Python ${version} on this host, and no uv to fetch it with`);
    const installed = await runTool({
      argv: [source.uv, "python", "install", version],
      host,
      timeoutMs: fetchMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (!installed.ok)
      throw new BackendError("local", "unavailable", `uv cannot install Python ${version}: ${installed.message}`);
    known.delete(version);
    const found = await find(version);
    if (found.kind !== "found")
      throw new BackendError("local", "unavailable", `uv has installed Python ${version}, but does not find it`);
    return found.path;
  }

  return { find, provide };
}

async function findPython(version: string, host: Host): Promise<PythonSource> {
  for (const candidate of await candidates(version, host)) {
    const path = await interpreterOf(candidate, version, host);
    if (path !== null) return { kind: "found", path };
  }
  const uv = findExecutables("uv", host["PATH"])[0];
  if (uv === undefined) return { kind: "missing" };
  const known = await runTool({
    argv: [uv, "python", "find", "--no-project", "--no-python-downloads", version],
    host,
    timeoutMs: lookMs,
  });
  const path = known.ok ? await interpreterOf(known.stdout.trim(), version, host) : null;
  return path === null ? { kind: "uv", uv } : { kind: "found", path };
}

async function candidates(version: string, host: Host): Promise<readonly string[]> {
  const named = [`python${version}`, "python3", "python"].flatMap((name) => findExecutables(name, host["PATH"]));
  const versions = join(host["PYENV_ROOT"] ?? join(host["HOME"] ?? "/nonexistent", ".pyenv"), "versions");
  const installed = ((await unlessMissing(readdir(versions))) ?? []).filter((name) => name.startsWith(`${version}.`));
  return [...named, ...installed.map((name) => join(versions, name, "bin", "python3"))];
}

/** What a name on the path really is: it may be another version, or a script that chooses one. */
async function interpreterOf(candidate: string, version: string, host: Host): Promise<string | null> {
  const program =
    "import sys; print('%d.%d' % sys.version_info[:2]); print(getattr(sys, '_base_executable', sys.executable))";
  const answer = await runTool({ argv: [candidate, "-c", program], host, timeoutMs: lookMs });
  if (!answer.ok) return null;
  const [found, path] = answer.stdout.split("\n");
  return found === version && path !== undefined && path !== "" ? path : null;
}

/** Makes a virtual environment by hand, in no time: the interpreter under all of its names, and a place of its own for what is installed. */
export async function makeVenv(directory: string, interpreter: string, version: string): Promise<void> {
  await mkdir(join(directory, "bin"), { recursive: true });
  await mkdir(join(directory, "lib", `python${version}`, "site-packages"), { recursive: true });
  await writeFile(
    join(directory, "pyvenv.cfg"),
    `home = ${dirname(interpreter)}\ninclude-system-site-packages = true\n`,
  );
  for (const name of ["python", "python3", `python${version}`])
    await symlink(interpreter, join(directory, "bin", name));
  await writeFile(join(directory, "bin", "pip"), '#!/bin/sh\nexec "$VIRTUAL_ENV/bin/python" -m pip "$@"\n', {
    mode: 0o755,
  });
}
