import { Argument, Command, CommanderError } from "commander";

import type { ExitCode } from "../lib/user-error.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { CommonOptions } from "./app.ts";
import type { Choose, Execute } from "./choose.ts";
import { commonOptions, whole, withCommonOptions } from "./common-options.ts";
import type { Given } from "./common-options.ts";
import { help } from "./help.ts";
import type { Io } from "./io.ts";
import { stateCommands } from "./state-program.ts";

/** What a command line asks for: a directory to work in, the common options, and the command itself. */
export interface Parsed {
  readonly directory: string;
  readonly options: CommonOptions;
  readonly execute: Execute;
  /** It serves: once it is interrupted, it takes the time that its connections and replicas need. */
  readonly stays: boolean;
}

/** Reads a command line; `exit` where it was one for help, for the version, or not one at all. */
export async function parseCommandLine(
  argv: readonly string[],
  io: Io,
  version: string,
): Promise<Parsed | { readonly exit: ExitCode }> {
  let chosen: { execute: Execute; command: Command } | null = null;
  const program = describe(version, (command, execute) => (chosen = { execute, command }));
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      getOutHasColors: () => io.colors,
      getErrHasColors: () => io.colors,
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { exit: error.exitCode === 0 ? exitCodes.success : exitCodes.usage };
    throw error;
  }
  const found: { execute: Execute; command: Command } | null = chosen;
  return found === null ? { exit: exitCodes.usage } : parsedOf(found);
}

function parsedOf({ execute, command }: { readonly execute: Execute; readonly command: Command }): Parsed {
  const given = command.optsWithGlobals<Given>();
  return {
    directory: given.C ?? ".",
    execute,
    options: commonOptions(given),
    stays: command.name() === "watch" || command.name() === "serve",
  };
}

const schemaKinds = ["service", "settings", "profiles"] as const;

function describe(version: string, choose: Choose): Command {
  const program = new Command("dstack-gitops")
    .description(help.program)
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show help for a command")
    .addHelpText("after", help.examples)
    .showSuggestionAfterError();
  const command = (usage: string, description: string, after = ""): Command =>
    withCommonOptions(program.command(usage).description(description).addHelpText("after", after));
  files(command, choose);
  services(command, choose);
  processes(program, command, choose);
  return program;
}

type Define = (usage: string, description: string, after?: string) => Command;

/** Commands about what the files say. */
function files(command: Define, choose: Choose): void {
  command("validate [paths...]", help.validate).action((paths: string[], _: unknown, self: Command) =>
    choose(self, async (app) => (await import("./validate.ts")).validate(app, paths)),
  );
  command("schema", help.schema)
    .addArgument(new Argument("[kind]", "of which file").choices(schemaKinds).default("service"))
    .action((kind: (typeof schemaKinds)[number], _: unknown, self: Command) =>
      choose(self, async (app) => (await import("./schema.ts")).schema(app, kind)),
    );
  command("diff <old> <new>", help.diff).action((before: string, after: string, _: unknown, self: Command) =>
    choose(self, async (app) => (await import("./diff.ts")).diff(app, before, after)),
  );
  command("plan [paths...]", help.plan, help.planAfter)
    .option("--detailed-exitcode", "exit 3 when there are changes")
    .option("--out <file>", "keep the plan in a file, for `apply --plan`")
    .action((paths: string[], given: { detailedExitcode?: boolean; out?: string }, self: Command) =>
      choose(self, async (app) =>
        (await import("./plan.ts")).plan(app, paths, {
          detailedExitcode: given.detailedExitcode ?? false,
          out: given.out ?? null,
        }),
      ),
    );
  command("apply [paths...]", help.apply, help.applyAfter)
    .option("--plan <file>", "apply only if the plan kept in this file still holds")
    .action((paths: string[], given: { plan?: string }, self: Command) =>
      choose(self, async (app) => (await import("./apply.ts")).apply(app, paths, { plan: given.plan ?? null })),
    );
}

/** Commands about what is recorded and runs. */
function services(command: Define, choose: Choose): void {
  command("tick", help.tick).action((_: unknown, self: Command) =>
    choose(self, async (app) => (await import("./tick.ts")).tick(app)),
  );
  command("ps [name]", help.ps)
    .option("-w, --watch", "show it again and again")
    .action((name: string | undefined, given: { watch?: boolean }, self: Command) =>
      choose(self, async (app) =>
        (await import("./ps.ts")).ps(app, { name: name ?? null, watch: given.watch ?? false }),
      ),
    );
  command("logs <name>", help.logs)
    .option("-f, --follow", "go on as lines are written")
    .option("--replica <n>", "of this replica alone", whole)
    .option("--tail <n>", "the last lines alone", whole)
    .action((name: string, given: { follow?: boolean; replica?: number; tail?: number }, self: Command) =>
      choose(self, async (app) =>
        (await import("./logs.ts")).logs(app, name, {
          follow: given.follow ?? false,
          replica: given.replica ?? null,
          tail: given.tail ?? null,
        }),
      ),
    );
  command("why <name>", help.why)
    .option("--replica <n>", "about this replica alone", whole)
    .action((name: string, given: { replica?: number }, self: Command) =>
      choose(self, async (app) => (await import("./why.ts")).why(app, name, given.replica ?? null)),
    );
  command("rollback <name>", help.rollback)
    .option("--to <n>", "to this deployment; `why` lists what is recorded", whole)
    .action((name: string, given: { to?: number }, self: Command) =>
      choose(self, async (app) => (await import("./rollback.ts")).rollback(app, name, given.to ?? null)),
    );
  for (const verb of ["destroy", "restart", "retry", "pause", "resume"] as const) {
    command(`${verb} <name>`, help[verb]).action((name: string, _: unknown, self: Command) =>
      choose(self, async (app) => (await import("./one-service.ts"))[verb](app, name)),
    );
  }
}

/** Commands that stay, and those about gateways and state. */
function processes(program: Command, command: Define, choose: Choose): void {
  command("watch [paths...]", help.watch)
    .option("--down", "end the replicas too when interrupted")
    .option("--no-gateway", "do not serve; only watch")
    .action((paths: string[], given: { down?: boolean; gateway: boolean }, self: Command) =>
      choose(self, async (app) =>
        (await import("./watch.ts")).watch(app, paths, { down: given.down ?? false, gateway: given.gateway }),
      ),
    );
  const proxy = program.command("proxy").description(help.proxy);
  withCommonOptions(proxy.command("serve").description(help.proxyServe)).action((_: unknown, self: Command) =>
    choose(self, async (app) => (await import("./proxy.ts")).proxyServe(app)),
  );
  withCommonOptions(proxy.command("publish").description(help.proxyPublish)).action((_: unknown, self: Command) =>
    choose(self, async (app) => (await import("./proxy.ts")).proxyPublish(app)),
  );
  withCommonOptions(proxy.command("render <directory>").description(help.proxyRender)).action(
    (directory: string, _: unknown, self: Command) =>
      choose(self, async (app) => (await import("./proxy.ts")).proxyRender(app, directory)),
  );
  stateCommands(program.command("state").description(help.state), choose);
}
