import { terminalText } from "../lib/terminal-text.ts";
import type { App } from "./app.ts";
import { tell } from "./say.ts";

/** Consent of the person at the terminal; `--yes` is consent. Without either, or once it is interrupted: no. */
export async function confirm(app: App, question: string): Promise<boolean> {
  app.io.signal.throwIfAborted();
  if (app.options.yes) return true;
  if (!app.io.terminal) {
    app.io.stderr(`${terminalText(question)} Nobody to ask: pass --yes to consent. Nothing was changed.\n`);
    return false;
  }
  const answer = await app.io.ask(`${terminalText(question)} [y/n]: `, app.io.signal);
  if (answer !== null && /^y(es)?$/i.test(answer)) return true;
  app.io.signal.throwIfAborted();
  tell(app, "\nExiting...");
  return false;
}
