import type { Command } from "commander";

import type { Choose } from "./choose.ts";
import { withCommonOptions } from "./common-options.ts";
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
  withCommonOptions(state.command("show [name]").description(help.stateShow)).action(
    (name: string | undefined, _: unknown, self: Command) =>
      choose(self, async (app) => (await import("./state.ts")).stateShow(app, name ?? null)),
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
