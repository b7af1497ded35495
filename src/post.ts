/** The action's last step: gives back what the run had when its main step was killed; nothing where that ended by itself. */
import { getInput, getState, setSecret, warning } from "@actions/core";

import { readInputs, secretsOf, unlockArgvOf, variablesOf } from "./github/inputs.ts";
import { run } from "./run.ts";

if (getState("begun") === "true" && getState("ended") !== "true") await giveBack();

/** Never fails a job: whoever waits for these leases finds out by itself, later. */
async function giveBack(): Promise<void> {
  const inputs = readInputs((name) => getInput(name));
  if (!inputs.ok) return;
  for (const secret of secretsOf(inputs.options, process.env)) setSecret(secret);
  const exitCode = await run(unlockArgvOf(inputs.options), {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    terminal: false,
    colors: false,
    ask: () => Promise.resolve(null),
    env: Object.assign(process.env, variablesOf(inputs.options)),
    cwd: process.env["GITHUB_WORKSPACE"] ?? process.cwd(),
    signal: AbortSignal.timeout(60_000),
  });
  if (exitCode !== 0)
    warning("what this run worked on could not be given back: others take it over once they can tell that it is over");
}
