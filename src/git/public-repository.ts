import { readFile } from "node:fs/promises";

import { z } from "zod";

import { githubServer, normalizedUrl } from "./remote-url.ts";
import { remoteUrl } from "./remote.ts";

/** The part of a GitHub event that tells who may read the repository. */
const Event = z.object({
  repository: z.object({ full_name: z.string(), private: z.boolean(), visibility: z.string().optional() }),
});

/**
 * The name of the repository that this workflow runs in, where a remote is that repository and everybody may read it;
 * `null`: it is not, or nothing tells. Only GitHub's own event says it, so nothing is asked over the network.
 */
export async function publicRepository(
  remote: string,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const path = env["GITHUB_EVENT_PATH"];
  if (env["GITHUB_ACTIONS"] !== "true" || path === undefined || path === "") return null;
  const event = Event.safeParse(await readEvent(path));
  if (!event.success) return null;
  const { full_name: name, private: isPrivate, visibility } = event.data.repository;
  if (isPrivate || (visibility ?? "public") !== "public") return null;
  const own = normalizedUrl(`${githubServer(env)}/${name}`);
  // GitHub's names are the same however they are written.
  return normalizedUrl(await remoteUrl(remote, root)).toLowerCase() === own.toLowerCase() ? name : null;
}

/** What cannot be read tells nothing. */
async function readEvent(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
