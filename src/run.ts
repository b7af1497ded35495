import type { App } from "./commands/app.ts";
import type { Io } from "./commands/io.ts";
import { parseCommandLine } from "./commands/program.ts";
import type { Parsed } from "./commands/program.ts";
import { delayed, interruption, unlessAborted } from "./lib/interruption.ts";
import { terminalText } from "./lib/terminal-text.ts";
import { exitCodes, UserError } from "./lib/user-error.ts";
import type { ExitCode } from "./lib/user-error.ts";

/** Runs one command line. Resolves with its exit code; nothing that a person can cause makes it reject. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (argv.length === 1 && argv[0] === "--version") {
    io.stdout(`${await version()}\n`);
    return exitCodes.success;
  }
  const parsed = await parseCommandLine(argv, io, await version());
  if ("exit" in parsed) return parsed.exit;
  return parsed.stays ? execute(parsed, io) : endInTime(execute(parsed, io), io);
}

/** An interrupted command ends before it is killed, whatever hangs. */
async function endInTime(work: Promise<ExitCode>, io: Io): Promise<ExitCode> {
  const limit = delayed(io.signal, interruption.everything);
  try {
    return await unlessAborted(work, limit.signal);
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    io.stderr("Interrupted. What was under way is left to the next run.\n");
    return exitCodes.interrupted;
  } finally {
    limit.cancel();
  }
}

async function execute(parsed: Parsed, io: Io): Promise<ExitCode> {
  const { composeApp } = await import("./compose.ts");
  await using app = composeApp(parsed, io);
  try {
    return await parsed.execute(app);
  } catch (error) {
    return await report(error, app);
  }
}

async function report(error: unknown, app: App): Promise<ExitCode> {
  if (app.io.signal.aborted) {
    app.io.stderr("Interrupted.\n");
    return exitCodes.interrupted;
  }
  if (!(error instanceof UserError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    app.io.stderr(`error: this should not have happened, please report it\n${terminalText(text)}\n`);
    return exitCodes.failed;
  }
  if (error.diagnostics.length > 0) await reportDiagnostics(error, app);
  const help = error.hint === undefined ? "" : `  help: ${error.hint}\n`;
  app.io.stderr(terminalText(`error[${error.code}]: ${error.message}\n${help}`));
  return error.exitCode;
}

async function reportDiagnostics(error: UserError, app: App): Promise<void> {
  const [{ sayDiagnostics, sayJson }, { diagnosticsJson }, { sourcesOf }] = await Promise.all([
    import("./commands/say.ts"),
    import("./report/diagnostics-json.ts"),
    import("./commands/sources.ts"),
  ]);
  if (app.options.json) sayJson(app, { version: 1, diagnostics: diagnosticsJson(error.diagnostics) });
  sayDiagnostics(app, error.diagnostics, await sourcesOf(app, error.diagnostics));
}

async function version(): Promise<string> {
  const { default: description } = await import("../package.json", { with: { type: "json" } });
  return description.version;
}
