import { githubServer, httpOrigin } from "../git/remote-url.ts";

/** GitHub's API and the token for it. */
export interface Api {
  readonly api: string;
  /** `null`: there is none, and nothing is asked. */
  readonly token: string | null;
}

const dotCom = "https://github.com";

/** Where GitHub's API is, and the token that may be shown to it: the state remote's own only where that remote is on the same server. */
export function apiOf(env: Readonly<Record<string, string | undefined>>, stateUrl: string | null): Api {
  const server = httpOrigin(githubServer(env));
  const isOurs = stateUrl !== null && server !== null && httpOrigin(stateUrl) === server;
  const tokens = [env["GITHUB_TOKEN"], isOurs ? env["DSTACK_GITOPS_TOKEN"] : undefined];
  return {
    api: env["GITHUB_API_URL"] ?? (server === dotCom ? "https://api.github.com" : `${server}/api/v3`),
    token: tokens.find((token) => token !== undefined && token !== "") ?? null,
  };
}
