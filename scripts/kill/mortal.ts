/**
 * Loaded before the program by `npm run kill`: counts every moment at which the process is about to have an effect
 * outside of itself, or has just seen the end of one, and dies at the one that it was given. Nothing else is changed.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { Writable } from "node:stream";

import { tearFile, tearTree } from "./tear.ts";

const { KILL_AT: at, KILL_REPORT: report, KILL_CHILDREN: fate } = process.env;
const told = report === undefined ? null : fs.openSync(report, "a");
const kill = process.kill.bind(process);
const began = performance.now();
/** Of git alone: supervisors of replicas are meant to outlive whoever starts them. */
const children = new Set<number>();
let count = 0;

Error.stackTraceLimit = 60;
wrapFiles();
wrapProcesses();
wrapSockets();
syncBuiltinESMExports();

/** What is about to happen. `tear`: does half of it, where it can be interrupted half-way. */
function boundary(effect: string, tear?: () => void): void {
  pass(effect);
  if (tear !== undefined) pass(`${effect}, half`, tear);
}

function pass(effect: string, tear?: () => void): void {
  count += 1;
  if (at === "" || at === undefined) return tell(effect);
  if (count !== Number(at)) return;
  tear?.();
  tell(effect);
  if (fate === "die") for (const pid of children) end(-pid);
  end(process.pid);
}

function end(pid: number): void {
  try {
    kill(pid, "SIGKILL");
  } catch {
    // It had ended by itself.
  }
}

/** One line a boundary: all of them when none is to be the last. */
function tell(effect: string): void {
  if (told === null) return;
  const line = {
    at: count,
    ms: Math.round(performance.now() - began),
    effect,
    place: place(),
    children: children.size,
  };
  fs.writeSync(told, `${JSON.stringify(line)}\n`);
}

/** The nearest line of the program, else of a package. */
function place(): string {
  const lines = (new Error().stack ?? "").split("\n");
  const own = lines.find((line) => line.includes("/src/") && !line.includes("/node_modules/"));
  const found = /(?:src|node_modules)\/[^:)]+:\d+/.exec(
    own ?? lines.find((line) => line.includes("/node_modules/")) ?? "",
  );
  return found?.[0] ?? "node";
}

type Before = (args: readonly unknown[], self: unknown) => void;

/** Puts a function in the place of another that does the same, after `before`. */
function wrap(holder: object, name: string, before: Before, after?: (result: unknown) => void): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== "function") return;
  const wrapped = new Proxy(original, {
    apply(target, self: unknown, args: unknown[]): unknown {
      before(args, self);
      const result: unknown = Reflect.apply(target, self, args);
      after?.(result);
      return result;
    },
  });
  Reflect.set(holder, name, wrapped);
}

function wrapFiles(): void {
  const names =
    "appendFile chmod copyFile cp link mkdir mkdtemp rename rm rmdir symlink truncate unlink utimes writeFile";
  for (const name of names.split(" ")) {
    const before: Before = ([path, ...rest]) => boundary(name, tearOf(name, path, rest));
    wrap(fs.promises, name, before);
    wrap(fs, name, before);
    wrap(fs, `${name}Sync`, before);
  }
  const opening: Before = ([, flags]) => {
    const writes = typeof flags === "string" ? flags !== "r" : typeof flags === "number" && (flags & 3) !== 0;
    if (writes) boundary("open");
  };
  wrap(fs.promises, "open", opening);
  wrap(fs, "openSync", opening);
}

function tearOf(name: string, path: unknown, rest: readonly unknown[]): (() => void) | undefined {
  if (typeof path !== "string") return undefined;
  const [content] = rest;
  if (name === "writeFile" && (typeof content === "string" || content instanceof Uint8Array))
    return () => tearFile(path, content);
  const isTree = name === "rm" && fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isTree ? () => tearTree(path) : undefined;
}

/** What git only reads leaves nothing, whenever it ends. */
const reading = new Set(
  ["cat-file", "check-ref-format", "config", "log", "ls-files", "ls-tree", "remote", "rev-parse"].map(
    (name) => `git ${name}`,
  ),
);

function wrapProcesses(): void {
  for (const name of ["spawn", "execFile", "spawnSync", "execFileSync"]) {
    let what = "";
    const before: Before = ([file, args]) => {
      what = nameOf(file, args);
      boundary(`start ${what}`);
    };
    wrap(childProcess, name, before, (child) => {
      if (child instanceof childProcess.ChildProcess && !reading.has(what)) follow(child, what);
    });
  }
  wrap(process, "kill", ([, signal]) => {
    if (signal !== 0) boundary(`send ${String(signal)}`);
  });
}

function follow(child: childProcess.ChildProcess, what: string): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (what.startsWith("git ")) children.add(pid);
  boundary(`started ${what}`);
  child.prependOnceListener("exit", () => {
    children.delete(pid);
    boundary(`ended ${what}`);
  });
}

function nameOf(file: unknown, args: unknown): string {
  const words = Array.isArray(args) ? args.map(String) : [];
  const base = String(file).split("/").at(-1) ?? "";
  return base === "git" ? `git ${words.find((word) => !word.startsWith("-")) ?? ""}` : base;
}

/** What is said to others; what is printed changes nothing, and a probe only asks. */
function wrapSockets(): void {
  const quiet = (self: unknown): boolean =>
    self === process.stdout || self === process.stderr || (new Error().stack ?? "").includes("/undici/");
  wrap(net.Socket.prototype, "connect", (_, self) => {
    if (!quiet(self)) boundary("connect");
  });
  wrap(net.Socket.prototype, "write", (_, self) => {
    if (!quiet(self)) boundary("send");
  });
  wrap(net.Socket.prototype, "end", ([text], self) => {
    const isText = typeof text === "string" || text instanceof Uint8Array;
    if (!isText || text.length === 0 || quiet(self) || !(self instanceof net.Socket)) return;
    boundary("send", () => plainWrite(self, text.slice(0, text.length / 2)));
  });
}

function plainWrite(socket: net.Socket, part: string | Uint8Array): void {
  Writable.prototype.write.call(socket, part, "utf8");
}
