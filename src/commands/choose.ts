import type { Command } from "commander";

import type { ExitCode } from "../lib/user-error.ts";
import type { App } from "./app.ts";

/** Takes the command that a command line names, with what it does. */
export type Choose = (command: Command, execute: Execute) => void;

export type Execute = (app: App) => Promise<ExitCode>;
