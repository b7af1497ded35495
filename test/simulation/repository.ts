import type { Repository } from "../../src/git/repository.ts";
import { UserError } from "../../src/lib/user-error.ts";
import { serviceFile } from "./revision.ts";
import type { Revision } from "./revision.ts";

/** The main branch of a repository, checked out at one commit: its commits are one line, told by their numbers. */
export function repositoryAt(commit: number, files: readonly Revision[]): Repository {
  return {
    root: "/repository",
    commonDirectory: "/repository/.git",
    id: repositoryId,
    commit: async () => commitName(commit),
    isAncestor: async (ancestor, descendant) => ancestor <= descendant,
    serviceFiles: async () =>
      files.map((revision) => ({
        path: `${revision.service}/.dstack.yml`,
        bytes: new TextEncoder().encode(serviceFile(revision)),
      })),
    read: async () => null,
    pinFiles: async () => [],
    pinRepos: async () => [],
    async remoteCommit(url) {
      throw new UserError("no-such-repository", `${url} is not part of the simulation`);
    },
  };
}

export const repositoryId = "r";

export function commitName(commit: number): string {
  return String(commit).padStart(40, "0");
}
