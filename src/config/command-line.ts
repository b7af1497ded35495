import { joinCommands } from "../lib/join-commands.ts";
import { shellWords } from "../lib/shell-words.ts";

/** What of a job says what runs in a container. */
export interface Commanded {
  readonly image: string | null;
  readonly docker: boolean;
  readonly entrypoint: string | null;
  readonly commands: readonly string[];
  readonly shell: string | null;
  readonly python: string | null;
}

/** The arguments of a container, as the reference gives them (facts §11.6); `null`: the image's own, none, or an open quote. */
export function commandLine(job: Commanded): readonly string[] | null {
  if (job.entrypoint !== null) {
    const words = shellWords(job.entrypoint);
    const argv = [...(words ?? []), ...job.commands];
    return words === null || argv.length === 0 ? null : argv;
  }
  return job.commands.length === 0 ? null : [shellPath(job.shell, job.image), "-i", "-c", script(job)];
}

function script({ commands, docker, image, python }: Commanded): string {
  const before = docker ? ["start-dockerd"] : image === null ? [enterVenv(python)] : [];
  return joinCommands([...before, ...commands]);
}

/** Makes and enters the virtual environment of the default image. */
export function enterVenv(python: string | null): string {
  const version = python === null ? "" : ` --python ${python}`;
  return `uv venv --quiet --seed --allow-existing${version} /dstack/venv && . /dstack/venv/bin/activate`;
}

/** The shell that runs `commands`: `bash` in the default image, `sh` in any other. */
export function shellPath(shell: string | null, image: string | null): string {
  if (shell === null) return image === null ? "/bin/bash" : "/bin/sh";
  return shell.startsWith("/") ? shell : `/bin/${shell}`;
}
