#!/usr/bin/env node
// Runs the bundle when packed, and the sources in a clone. Written so that Node 12 can read it, to say what is wrong.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const oldest = [22, 19];
const bundle = new URL("../dist/cli.js", import.meta.url);
const sources = new URL("../src/cli.ts", import.meta.url);
const ownNode = new URL("../node_modules/node/bin/node", import.meta.url);

// The sources win: a clone may hold a bundle of yesterday.
const inClone = existsSync(sources);
const entry = inClone ? sources : bundle;

if (isNewEnough(process.versions.node)) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  import(entry.href).catch(fail);
} else if (inClone && existsSync(ownNode)) {
  runWith(fileURLToPath(ownNode));
} else {
  process.stderr.write(
    "dstack-gitops needs Node " +
      oldest.join(".") +
      " or newer; this is Node " +
      process.versions.node +
      " (" +
      process.execPath +
      ").\n" +
      (inClone
        ? "Run `npm ci` in " + fileURLToPath(new URL("..", import.meta.url)) + " first: it brings a Node of its own.\n"
        : "Install a newer one from https://nodejs.org, or run `npx -p node@24 -p dstack-gitops dstack-gitops`.\n"),
  );
  process.exitCode = 2;
}

/** Whether sources and bundle run on this version. */
function isNewEnough(version) {
  const parts = version.split(".").map(Number);
  return parts[0] > oldest[0] || (parts[0] === oldest[0] && parts[1] >= oldest[1]);
}

/** Runs the sources under another Node, as if it were this process: signals, exit code and all. */
function runWith(node) {
  const args = process.execArgv.concat(fileURLToPath(entry), process.argv.slice(2));
  const child = spawn(node, args, { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  signals.forEach((signal) => process.on(signal, () => forward(signal, child)));
  child.on("error", fail);
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    signals.forEach((name) => process.removeAllListeners(name));
    process.kill(process.pid, signal);
  });
}

/** A terminal's Ctrl-C reaches the child by itself, and a second one would mean "at once". */
function forward(signal, child) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  if (signal === "SIGINT" && terminal) return;
  child.kill(signal);
}

function fail(error) {
  process.stderr.write(String((error && error.stack) || error) + "\n");
  process.exitCode = 1;
}
