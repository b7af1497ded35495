/** What of a service only one machine could reach, or should not tell others: paths outside the repository, credentials. */

import type { Diagnostic } from "../lib/diagnostics.ts";
import type { ServiceSource } from "./parse.ts";
import type { RepoSpec } from "./spec.ts";

/** Why a path is refused, and what to do: said alike wherever it is found. */
export const outside = {
  message: "is outside the repository; expected a path relative to the service file, inside it",
  hints: {
    files: "copy it into the repository: what no commit holds, no other machine finds again",
    repos: "name that repository by its URL: no other machine finds it at this path",
  },
} as const;

/** Whether an entry's URL has a password or token in it, which the state branch would keep. */
export function hasCredentials({ url, path }: Pick<RepoSpec, "url" | "path">): boolean {
  if (url === null) return false;
  // Written as a text, a URL ends at its second colon, and what follows is taken for the path.
  return isSecret(url) || (/^[a-z][a-z0-9+.-]*:\/\/[^/]*$/i.test(url) && path?.includes("@") === true);
}

function isSecret(url: string): boolean {
  if (/^(?:git\+)?https?:\/\/[^/]*\/.*[?#]/is.test(url)) return true;
  if (!/^[a-z][a-z0-9+.-]*:\/\/.*@/is.test(url)) return false;
  // A password that is not encoded makes it none.
  if (!URL.canParse(url)) return true;
  const { protocol, username, password } = new URL(url);
  return password !== "" || (/^(?:git\+)?https?:$/.test(protocol) && username !== "");
}

/** Whether a path is of one machine: absolute, below a home directory, or of Windows. */
export function isMachinePath(path: string): boolean {
  return /^(?:[/~]|[A-Za-z]:[\\/])/.test(path);
}

/** A path of a service file from the repository's root (`""`), or `null` where it leads outside. */
export function insideRepository(serviceFile: string, path: string): string | null {
  if (isMachinePath(path)) return null;
  const parts: string[] = [];
  for (const part of [...serviceFile.split("/").slice(0, -1), ...path.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/**
 * Warns of what `plan` and `apply` will refuse because no other machine could do it. `loose`: the file is not known to
 * be in a repository, so that only paths of one machine are surely outside.
 */
export function checkReach(service: ServiceSource, options: { readonly loose: boolean }): readonly Diagnostic[] {
  const { file, spec } = service;
  const isOutside = (path: string): boolean =>
    options.loose ? isMachinePath(path) : insideRepository(file, path) === null;
  const files = spec.files.flatMap(({ local_path }, index) =>
    isOutside(local_path) ? [about("files", { index, name: local_path })] : [],
  );
  const repos = spec.repos.flatMap(({ local_path, url, path }, index) => {
    if (hasCredentials({ url, path })) return [aboutCredentials(file, index)];
    return local_path !== null && isOutside(local_path) ? [about("repos", { index, name: local_path })] : [];
  });
  return [...files, ...repos];

  function about(property: "files" | "repos", entry: { readonly index: number; readonly name: string }): Diagnostic {
    const path = `${property}[${entry.index}]`;
    return {
      severity: "warning",
      code: `${property}-outside-repository`,
      message: `\`${property}\` entry \`${entry.name}\` ${outside.message}`,
      hint: outside.hints[property],
      file,
      path,
      ...service.locate(path),
    };
  }
}

/** What to say of credentials in a URL; nothing that is printed shows them, the file's line included. */
export const credentials = {
  message: "the URL has credentials in it, which the state would keep",
  hint: "leave them out: git's credential helpers, or the token of the machine that clones it, take their place",
} as const;

function aboutCredentials(file: string, index: number): Diagnostic {
  return {
    severity: "warning",
    code: "repos-credentials",
    message: `\`repos\` entry ${index + 1}: ${credentials.message}`,
    hint: credentials.hint,
    file,
    path: `repos[${index}]`,
  };
}

/** How a repository is named in messages. */
export function repoName({ local_path, url }: RepoSpec): string {
  return local_path ?? url ?? "";
}
