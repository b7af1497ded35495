import type { Diagnostic } from "./diagnostics.ts";

/** The exit codes of every command (README, "Exit codes"). */
export const exitCodes = {
  success: 0,
  failed: 1,
  usage: 2,
  changes: 3,
  refused: 4,
  leaseHeld: 5,
  continuing: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that the person who ran the command can act on: what was expected, what was got, what to do next. No stack is shown. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    code: string,
    message: string,
    options: { exitCode?: ExitCode; hint?: string; diagnostics?: readonly Diagnostic[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode ?? exitCodes.usage;
    this.hint = options.hint;
    this.diagnostics = options.diagnostics ?? [];
  }
}
