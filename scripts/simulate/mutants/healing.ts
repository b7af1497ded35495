import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about what failed or is silent: when it is given up, when it is tried again, and whose fault it was. */
export const healingMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide/failure.ts", [
    [
      "a host that does not answer is given up at once",
      "const until = fromTimestamp(replica.unreachableSince) + unreachableAfter * 1000;\n  if (context.now < until) return wake(withReplica(draft, replica), until);",
      "",
      "silent-hosts",
    ],
    [
      "an instance that does not run yet is given up at once",
      "const until = fromTimestamp(replica.submittedAt) + provisioning * 1000;\n  if (context.now < until) return wake(withReplica(draft, replica), until);",
      "",
    ],
    [
      "failures in a row are not counted",
      "const failures = stable ? 1 : replica.failures + 1;",
      "const failures = 1;",
      "ends-again",
    ],
    [
      "what served for a moment counts as a first failure again",
      "elapsedSince(replica.readyAt, context) >= stableAfter;",
      "elapsedSince(replica.readyAt, context) >= 0;",
      "ends-again",
    ],
  ]),
  ...inFile("src/reconciler/decide/back-off.ts", [
    ["no attempt waits", "return now + 1000 *", "return now + 0 *", "ends-again"],
  ]),
  ...inFile("src/reconciler/decide/start.ts", [
    ["a further attempt begins to count anew", "failures: failed?.failures ?? 0,", "failures: 0,", "ends-again"],
    // That no other takes the number of what waits for its next attempt is for `test/reconciler/healing.test.ts` to show: of a number's attempts the newest counts, whoever has it.
    [
      "`retry` is ignored",
      "const exhausted = failed.filter((replica) => isExhausted(replica, draft.record, context));",
      "const exhausted = failed.filter((replica) => replica.num < 0);",
      "ends-again-with-retry",
    ],
  ]),
  ...inFile("src/reconciler/decide/retry.ts", [
    [
      "what `retry` does not list is tried again",
      "if (!retry.on_events.some((event) => events.includes(event))) return true;",
      "",
      "ends-again-with-retry",
    ],
    [
      "attempts fail for longer than `retry` allows",
      "return now - fromTimestamp(failingSince ?? error.at) > retry.duration * 1000;",
      "return false;",
      "ends-again-with-retry",
    ],
  ]),
  {
    rule: "each of several failed attempts under one number is followed",
    edits: [
      {
        file: "src/reconciler/decide/start.ts",
        from: ".filter((replica, index, all) => all.findLastIndex(({ num }) => num === replica.num) === index)",
        to: "",
      },
    ],
    situation: "calls-without-answer",
  },
  {
    rule: "what lacks its values is started",
    edits: [
      {
        file: "src/reconciler/decide/start.ts",
        from: "if (missingEnv.length > 0)",
        to: "if (missingEnv.length > 99)",
      },
      {
        file: "src/reconciler/execute.ts",
        from: "if (values.missing.length > 0)",
        to: "if (values.missing.length > 99)",
      },
    ],
  },
  ...inFile("src/reconciler/decide/judge.ts", [
    ["one failed probe is enough", "if (failures < threshold ||", "if (failures < 1 ||"],
    [
      "what its provider may have lost is judged",
      "if (!context.observed.instances.has(replica.token)) return null;",
      "",
      "vanishes-soon",
    ],
    [
      "a slow start is a failure",
      "return seen && context.now >= fromTimestamp(replica.runningAt) + context.policy.rollout.startup * 1000;",
      "return seen;",
    ],
    // What its host keeps from answering is not probed as long as a listing says so: no streak speaks against the revision.
  ]),
  ...inFile("src/reconciler/decide/give-up.ts", [
    [
      "an exchange is given up as soon as something lacks",
      "if (context.now < until) return wake(draft, until);",
      "",
      "short-of-places",
    ],
    [
      "what is merely short of replicas is given up",
      "if (settled === null || !isHalfDone(draft.record, deployment)) return draft;",
      "if (settled === null) return draft;",
      "short-of-places",
    ],
  ]),
  ...inFile("src/reconciler/decide/finish.ts", [
    [
      "a deployment settles though no replica was wanted of it",
      "deployment.settledAt === null && isProven(draft.record) ?",
      "deployment.settledAt === null ?",
      "windows",
    ],
  ]),
];
