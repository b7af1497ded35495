import { z } from "zod";

import type { Compacted } from "./compacted.ts";
import { commit, count, name, sha256, time } from "./scalars.ts";

const milestone = { generation: count, commit: z.string(), at: time };

/** `history.json`. */
export const compacted: z.ZodType<Compacted> = z.strictObject({
  at: time,
  compactions: z.int().min(1),
  commits: count,
  first: z.strictObject(milestone),
  last: z.strictObject(milestone),
  oldest: z.strictObject(milestone),
  replaced: z.strictObject({ ...milestone, commits: count }),
  digest: sha256,
  previous: sha256.exactOptional(),
  services: z.array(
    z.strictObject({
      name,
      commits: count,
      last: time,
      accepted: z.array(z.strictObject({ deployment: count, at: time, by: z.string(), commit })),
    }),
  ),
});
