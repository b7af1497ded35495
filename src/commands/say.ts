import { renderDiagnostics } from "../config/source-frame.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import { terminalText } from "../lib/terminal-text.ts";
import type { App } from "./app.ts";

/** Says what was asked for: to standard output, unless that is for JSON. */
export function say(app: App, text: string): void {
  (app.options.json ? app.io.stderr : app.io.stdout)(`${terminalText(text)}\n`);
}

/** Says what happens meanwhile; `--quiet` does not want to know. */
export function tell(app: App, text: string): void {
  if (!app.options.quiet) app.io.stderr(`${terminalText(text)}\n`);
}

export function sayDiagnostics(
  app: App,
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): void {
  const shown = app.options.quiet ? diagnostics.filter((diagnostic) => diagnostic.severity === "error") : diagnostics;
  if (shown.length > 0) app.io.stderr(`${renderDiagnostics(shown, sources)}\n`);
}

/** One JSON document on a line of its own. */
export function sayJson(app: App, document: unknown): void {
  app.io.stdout(`${JSON.stringify(document)}\n`);
}
