import { z } from "zod";

import { git } from "../../src/git/git.ts";

/** The forge's branch as it is: read with git alone, not with what is put to the test. */
export interface StateSeen {
  readonly commit: string;
  readonly generation: number;
  readonly demo: Recorded | null;
  readonly bystander: Recorded | null;
  /** Paths of intents and leases: none is to be open once everything has settled. */
  readonly open: readonly string[];
}

const recorded = z.looseObject({
  target: z.looseObject({ deployment: z.number() }).nullable(),
  current: z.number(),
  deployments: z.array(
    z.looseObject({ num: z.number(), spec: z.looseObject({ env: z.unknown(), replicas: z.unknown() }) }),
  ),
  replicas: z.array(
    z.looseObject({
      num: z.number(),
      deployment: z.number(),
      token: z.string(),
      status: z.string(),
      readyAt: z.string().nullable(),
    }),
  ),
});

export type Recorded = z.infer<typeof recorded>;

/** Reads the branch; `null`: there is none. */
export async function readState(bare: string): Promise<StateSeen | null> {
  const found = await git(["rev-parse", "--verify", "--quiet", "refs/heads/dstack-state"], {
    cwd: bare,
    accept: [0, 1],
  });
  if (found.exitCode !== 0) return null;
  const commit = found.text;
  const [names, message] = await Promise.all([
    git(["ls-tree", "-r", "--name-only", commit], { cwd: bare }),
    git(["log", "-1", "--format=%B", commit], { cwd: bare }),
  ]);
  const paths = names.text.split("\n");
  const read = async (name: string): Promise<Recorded | null> => {
    const path = paths.find((each) => each.startsWith("services/") && each.endsWith(`/${name}.json`));
    if (path === undefined) return null;
    return recorded.parse(JSON.parse((await git(["cat-file", "blob", `${commit}:${path}`], { cwd: bare })).text));
  };
  const [demo, bystander] = await Promise.all([read("demo"), read("bystander")]);
  return {
    commit,
    generation: Number(/^Generation: (\d+)$/m.exec(message.text)?.[1]),
    demo,
    bystander,
    open: paths.filter((path) => path.startsWith("journal/") || path.startsWith("leases/")),
  };
}

/** Whether the branch still has every commit that it had, and counts on. */
export async function goesOn(bare: string, before: StateSeen, after: StateSeen): Promise<boolean> {
  const ancestry = await git(["merge-base", "--is-ancestor", before.commit, after.commit], {
    cwd: bare,
    accept: [0, 1],
  });
  const between = await git(["rev-list", "--count", `${before.commit}..${after.commit}`], { cwd: bare });
  return ancestry.exitCode === 0 && after.generation === before.generation + Number(between.text);
}
