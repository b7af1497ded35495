import { strip } from "./blanks.ts";

/** One shell script that stops at the first command that fails. One that ends with `&` runs on in the background. */
export function joinCommands(commands: readonly string[]): string {
  return commands
    .map(strip)
    .map((command) => (command.endsWith("&") ? `{ ${command} }` : command))
    .join(" && ");
}
