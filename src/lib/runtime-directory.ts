import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where processes of one repository on this host keep sockets, logs and pids: `$XDG_STATE_HOME/dstack-gitops/<repository id>`. Made, mode 0700, by whoever needs it first. */
export function runtimeDirectory(
  repositoryId: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return join(stateHome(environment), "dstack-gitops", repositoryId);
}

function stateHome(environment: Readonly<Record<string, string | undefined>>): string {
  const chosen = environment["XDG_STATE_HOME"];
  // The XDG base directory specification: relative paths are invalid and ignored.
  if (chosen !== undefined && isAbsolute(chosen)) return chosen;
  return join(environment["HOME"] ?? homedir(), ".local", "state");
}
