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
}
