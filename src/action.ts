/** The GitHub Action: inputs to a command line, its documents to outputs, annotations and the job's summary. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

import { error, getInput, notice, saveState, setFailed, setOutput, setSecret, summary, warning } from "@actions/core";

import type { Io } from "./commands/io.ts";
import { annotationsOf } from "./github/annotations.ts";
import { type Printed, readPrinted } from "./github/documents.ts";
import { type ActionOptions, argvOf, readInputs, secretsOf, variablesOf } from "./github/inputs.ts";
import { summaryOf } from "./github/summary.ts";
import { listenForInterruptions } from "./lib/interruption.ts";
import { type ExitCode, exitCodes } from "./lib/user-error.ts";
import { run } from "./run.ts";

const meanings: Readonly<Record<ExitCode, string>> = {
  0: "success",
  1: "a service failed, or time was up",
  2: "invalid files, settings or options",
  3: "there are changes",
  4: "refused: it needs consent, or does not fit the policy",
  5: "somebody else works on it",
  6: "accepted and going on",
  130: "interrupted",
};

const annotate = { error, warning, notice } as const;

const interruptions = listenForInterruptions(process);
await action();
interruptions.ended(Number(process.exitCode ?? 0));

async function action(): Promise<void> {
  const inputs = readInputs((name) => getInput(name));
  if (!inputs.ok) return setFailed(inputs.message);
  const { options } = inputs;
  for (const secret of secretsOf(options, process.env)) setSecret(secret);
  // What lies between these two tells the last step whether this one was killed.
  saveState("begun", "true");
  const { exitCode, stdout } = await runCommand(options);
  await report(options, { exitCode, stdout, printed: readPrinted(stdout) });
  saveState("ended", "true");
}

interface Ended {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly printed: Printed;
}

async function runCommand(options: ActionOptions): Promise<{ readonly exitCode: ExitCode; readonly stdout: string }> {
  let stdout = "";
  const io: Io = {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => void process.stderr.write(text),
    terminal: false,
    colors: process.env["NO_COLOR"] === undefined,
    ask: () => Promise.resolve(null),
    env: environment(options),
    cwd: process.env["GITHUB_WORKSPACE"] ?? process.cwd(),
    signal: interruptions.signal,
  };
  const exitCode = await run(argvOf(options), io);
  return { exitCode, stdout };
}

function environment(options: ActionOptions): Io["env"] {
  return Object.assign(process.env, variablesOf(options));
}

async function report(options: ActionOptions, { exitCode, stdout, printed }: Ended): Promise<void> {
  const { plan, outcome, diagnostics } = printed;
  for (const { level, message, place } of annotationsOf(diagnostics, prefixOf(options)))
    annotate[level](message, place);
  setOutput("exit-code", exitCode);
  setOutput(
    "changed",
    plan === null ? (outcome?.planned ?? 0) > 0 : plan.services.some(({ action: what }) => what !== "none"),
  );
  setOutput("outcome", outcome === null ? "" : JSON.stringify(outcome));
  setOutput("plan", plan === null ? "" : await keep(stdout, options));
  await summary.addRaw(summaryOf(`dstack-gitops ${options.command}`, printed), true).write();
  if (exitCode === exitCodes.continuing) return warning("accepted and going on: a scheduled `tick` finishes it");
  if (exitCode !== exitCodes.success)
    setFailed(`dstack-gitops ${options.command} ended with exit code ${exitCode}: ${meanings[exitCode]}`);
}

async function keep(stdout: string, { workingDirectory }: ActionOptions): Promise<string> {
  const file = join(process.env["RUNNER_TEMP"] ?? resolve(workingDirectory), "dstack-gitops-plan.json");
  await writeFile(file, stdout);
  return file;
}

/** From the workspace, which annotations count from, to the repository's root, which diagnostics count from. */
function prefixOf({ workingDirectory }: ActionOptions): string {
  const workspace = process.env["GITHUB_WORKSPACE"] ?? process.cwd();
  let root = resolve(workspace, workingDirectory);
  while (!existsSync(join(root, ".git")) && root !== dirname(root)) root = dirname(root);
  const path = relative(workspace, root).replaceAll("\\", "/");
  return path === "" || path.startsWith("..") ? "" : `${path}/`;
}
