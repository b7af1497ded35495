import { z } from "zod";

import type { BackendSettings } from "../../config/settings.ts";
import { UserError } from "../../lib/user-error.ts";

const settings = z.strictObject({
  type: z.literal("local"),
  /** `isolated`: a network for each replica, so that all listen on one port. `host`: the host's network, and a port for each in `PORT`. */
  network: z.enum(["isolated", "host"]).default("isolated"),
  /** How many replicas of this repository the host may hold at once; `null`: as many as are asked for. */
  max_replicas: z.int().min(1).nullable().default(null),
});

/** The entry with its defaults. */
export type LocalSettings = z.infer<typeof settings>;

/** The backend's entry in the settings, or every mistake in it. */
export function parseLocalSettings(input: BackendSettings): LocalSettings {
  const parsed = settings.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new UserError("invalid-settings", `backend local: ${z.prettifyError(parsed.error)}`);
}
