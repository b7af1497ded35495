import type { RepoPart } from "../diff/update-policy.ts";

/** dstack's words for what of a repository's state differs. */
const repoLabels = {
  repo_id: "Repo ID",
  repo_data: "Repo state (branch, commit, or other)",
  repo_code_hash: "Repo files",
} as const satisfies Record<RepoPart, string>;

/** What a change is of: the place below the property, or what of a repository is other than it was. */
export function changedName({ path, part }: { readonly path: string; readonly part?: RepoPart | undefined }): string {
  return part === undefined ? path : repoLabels[part];
}
