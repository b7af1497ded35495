import type { Job } from "../../config/job.ts";
import { joinCommands } from "../../lib/join-commands.ts";
import { shellWords } from "../../lib/shell-words.ts";

/** The program of a replica and its arguments; `null`: there is none to run. `shell` is the one that the host has. */
export function argvOf(job: Pick<Job, "entrypoint" | "commands">, shell: string): readonly string[] | null {
  if (job.entrypoint !== null) {
    const words = shellWords(job.entrypoint);
    return words === null || words.length === 0 ? null : [...words, ...job.commands];
  }
  if (job.commands.length === 0) return null;
  // Not interactive, other than in the reference's containers: that would read the user's own start-up files, and ignore SIGTERM.
  return [shell, "-c", joinCommands(job.commands)];
}
