import { Option } from "commander";
import type { Command } from "commander";

import type { Choose } from "./choose.ts";
import { whole, withCommonOptions } from "./common-options.ts";
import { help } from "./help.ts";

interface GivenRepair {
  readonly adopt: readonly string[];
  readonly remove: readonly string[];
  readonly seen?: boolean;
  readonly adoptBranch?: boolean;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** `state …`: the commands about the state branch, for people. */
export function stateCommands(state: Command, choose: Choose): void {
  withCommonOptions(state.command("show [name]").description(help.stateShow))
    .option("--at <commit|time>", `as it was at ${help.moment}`)
    .action((name: string | undefined, given: { at?: string }, self: Command) =>
      choose(self, async (app) => (await import("./state.ts")).stateShow(app, name ?? null, given.at ?? null)),
    );
  withCommonOptions(state.command("history [name]").description(help.stateHistory))
    .option("--limit <n>", "so many commits at most (default: 30)", whole)
    .option("--since <time>", "not before this time, or this long ago: `2026-11-20`, `2h`")
    .option(
      "--verify <path>",
      "check the summary of what was compacted against the commits that a repository or bundle has kept",
    )
    .action((name: string | undefined, given: { limit?: number; since?: string; verify?: string }, self: Command) =>
      choose(self, async (app) => {
        if (given.verify !== undefined) return (await import("./verify-history.ts")).verifyHistory(app, given.verify);
        const asked = { name: name ?? null, limit: given.limit ?? 30, since: given.since ?? null };
        return (await import("./state-history.ts")).stateHistory(app, asked);
      }),
    );
  withCommonOptions(
    state.command("diff <from> [to]").description(help.stateDiff).addHelpText("after", help.stateDiffAfter),
  ).action((from: string, to: string | undefined, _: unknown, self: Command) =>
    choose(self, async (app) => (await import("./state-diff.ts")).stateDiff(app, from, to ?? null)),
  );
  withCommonOptions(state.command("unlock [name]").description(help.stateUnlock))
    .option("--force", "though its owner may be alive, and its time is not over")
    .addOption(new Option("--own").hideHelp())
    .action((name: string | undefined, given: { force?: boolean; own?: boolean }, self: Command) =>
      choose(self, async (app) => {
        const { stateUnlock, unlockOwn } = await import("./unlock.ts");
        if (given.own === true) return unlockOwn(app);
        return stateUnlock(app, name ?? null, { force: given.force ?? false });
      }),
    );
  withCommonOptions(state.command("gc").description(help.stateGc)).action((_: unknown, self: Command) =>
    choose(self, async (app) => (await import("./state-gc.ts")).stateGc(app)),
  );
  withCommonOptions(state.command("repair").description(help.stateRepair).addHelpText("after", help.stateRepairAfter))
    .option("--adopt <name>", "take what runs of this service into the state again; `all`; repeatable", collect, [])
    .option("--remove <token>", "end this instance that no state knows; `all`; repeatable", collect, [])
    .option("--seen", "what this machine saw of the branch takes the place of whatever was written since")
    .option("--adopt-branch", "the branch is this repository's from now on, whoever's it was")
    .action((given: GivenRepair, self: Command) =>
      choose(self, async (app) =>
        (await import("./state-repair.ts")).stateRepair(app, {
          adopt: given.adopt,
          remove: given.remove,
          seen: given.seen ?? false,
          adopts: given.adoptBranch ?? false,
        }),
      ),
    );
}
