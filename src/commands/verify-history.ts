import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { openKept, verifyHistory as verify } from "../state/verify-history.ts";
import type { App } from "./app.ts";
import { say, sayJson } from "./say.ts";

/** `state history --verify PATH`: whether what was compacted is what somebody has kept. */
export async function verifyHistory(app: App, path: string): Promise<ExitCode> {
  const project = await app.project();
  const world = await app.world(project, () => undefined);
  const { compacted } = await world.store.load(app.io.signal);
  if (compacted === undefined) {
    say(app, "Nothing was compacted: every commit is in the branch.");
    return exitCodes.success;
  }
  const scratch = await mkdtemp(join(tmpdir(), "dstack-gitops-"));
  try {
    const kept = await openKept(resolve(app.io.cwd, path), scratch);
    const branch = await (await app.history(project)).read(() => false, app.io.signal);
    const verified = await verify(compacted, branch, kept, app.io.signal);
    if (app.options.json) sayJson(app, { version: 1, verified: true, ...verified });
    else {
      for (const { replaced, dropped } of verified.compactions)
        say(
          app,
          `Verified: the ${replaced.commits} commits up to g${replaced.generation} (${replaced.commit}) are those of the digest; ${dropped} of them are summarised.`,
        );
      say(app, `${verified.replayed} commits that are in the branch are as they were.`);
      if (verified.given !== null) say(app, `Not kept there: what an earlier summary, ${verified.given}, stands for.`);
    }
    return exitCodes.success;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
