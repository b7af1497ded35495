import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { parseDuration } from "../config/duration.ts";
import { isGiven } from "../config/given-env.ts";
import type { CommonOptions } from "./app.ts";

/** Options as commander hands them over. Durations in milliseconds already. */
export interface Given {
  readonly C?: string;
  readonly settings?: string;
  readonly ref?: string;
  readonly profile?: string | boolean;
  readonly env?: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
  readonly timeout?: number;
  readonly wait?: number;
  readonly attend?: number;
  readonly allowDestroy?: number | "all";
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Long enough for whoever works on a service to notice a newer target, and to hand over. */
const handOverWait = 30_000;

/** With their defaults. */
export function commonOptions(given: Given): CommonOptions {
  return {
    settings: given.settings ?? null,
    ref: given.ref ?? null,
    profile: given.profile === true ? null : (given.profile ?? null),
    env: given.env ?? [],
    yes: given.yes ?? false,
    json: given.json ?? false,
    color: given.color,
    timeout: given.timeout ?? null,
    wait: given.wait ?? handOverWait,
    attend: given.attend ?? null,
    allowDestroy: given.allowDestroy ?? null,
    quiet: given.quiet ?? false,
    verbose: given.verbose ?? false,
  };
}

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  const group = "Common options:";
  const options = [
    new Option("-C <dir>", "work as if started in this directory"),
    new Option("--settings <file>", "settings instead of .dstack/gitops.yml"),
    new Option("--ref <rev>", "read the service files of this commit instead of the work tree"),
    new Option(
      "--profile <name>",
      "the profile of .dstack/profiles.yml to read services with (so does DSTACK_PROFILE)",
    ),
    new Option("--no-profile", "no profile, not even a default one (so does DSTACK_NO_PROFILE)"),
    new Option("-e, --env <name[=value]>", "a value for an `env` name; repeatable").argParser(collect),
    new Option("-y, --yes", "consent without being asked"),
    new Option("--json", "JSON to standard output, everything else to standard error"),
    new Option("--no-color", "no colours (so does NO_COLOR)"),
    new Option("--timeout <duration>", "stop working after this long: `90s`, `10m`").argParser(duration),
    new Option("--wait <duration>", "wait this long for somebody else who works on a service").argParser(duration),
    new Option("--attend <duration>", "stay with a rollout this long; ticks finish it").argParser(duration),
    new Option(
      "--allow-destroy <n|all>",
      "consent to destroying so many services; of `tick`, to giving up so many replicas",
    ).argParser(countOrAll),
    new Option("-q, --quiet", "only errors and what was asked for"),
    new Option("-v, --verbose", "more detail"),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return command;
}

function collect(item: string, before: readonly string[] | undefined): readonly string[] {
  if (!isGiven(item)) throw new InvalidArgumentError("expected NAME or NAME=VALUE.");
  return [...(before ?? []), item];
}

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null || seconds < 0) throw new InvalidArgumentError("expected a duration such as 90s, 10m or 2h.");
  return seconds * 1000;
}

/** A whole number that is not negative. */
export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

function countOrAll(text: string): number | "all" {
  return text === "all" ? "all" : whole(text);
}
