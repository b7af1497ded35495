import { remoteUrl } from "../git/remote.ts";
import { systemClock } from "../lib/clock.ts";
import { apiOf } from "./api.ts";
import type { Liveness } from "./run-liveness.ts";

export interface OwnerLivenessOptions {
  /** What this host can tell by itself. */
  readonly look: Liveness;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The repository, and its remote that holds the state. */
  readonly root: string;
  readonly remote: string | null;
}

/** Whether an owner of leases lives: a process of this host is looked at; about a workflow's run elsewhere GitHub is asked, once such a lease is in the way. */
export function ownerLiveness({ look, env, root, remote }: OwnerLivenessOptions): Liveness {
  let asking: Promise<Liveness> | null = null;
  return async (owner) => {
    const seen = await look(owner);
    return seen === "unknown" && owner.github !== undefined ? (await (asking ??= open()))(owner) : seen;
  };

  async function open(): Promise<Liveness> {
    const { api, token } = apiOf(env, remote === null ? null : await remoteUrl(remote, root));
    if (token === null) return async () => "unknown";
    const { runLiveness } = await import("./run-liveness.ts");
    return runLiveness({ api, token, clock: systemClock });
  }
}
