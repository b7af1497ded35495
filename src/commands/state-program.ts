import { Option } from "commander";
import type { Command } from "commander";

import type { Choose } from "./choose.ts";
import { withCommonOptions } from "./common-options.ts";
import { help } from "./help.ts";

/** `state …`: the commands about the state branch, for people. */
export function stateCommands(state: Command, choose: Choose): void {
  withCommonOptions(state.command("show [name]").description(help.stateShow)).action(
    (name: string | undefined, _: unknown, self: Command) =>
      choose(self, async (app) => (await import("./state.ts")).stateShow(app, name ?? null)),
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
}
