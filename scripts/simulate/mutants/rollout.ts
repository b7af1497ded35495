import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about what is exchanged for what, when and how fast: starting, letting go, going back. */
export const rolloutMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide/rollout.ts", [
    ["the surge has no limit", "const surge = 1;", "const surge = 9;"],
    ["bake: no time is waited", "if (context.now < until) return wake(draft, until);", ""],
    [
      "calls do not wait for room",
      "if (currentDeployment(record).run === record.run) return announced.slice(0, mayExist(record));",
      "if (currentDeployment(record).run === record.run) return announced;",
    ],
    ["bake: the probes are not looked at", 'if (healthOf(first, context) !== "well") return draft;', "", "sick-bakes"],
    // What is announced beside those that still end waits in `callable`, or is not called for: not counting them costs time alone.
    [
      "announced replicas are called for at once",
      "return exchanging || existing > 0 ? Math.max(0, desired + surge - existing) : Infinity;",
      "return exchanging || existing > 0 ? Infinity : Infinity;",
    ],
    [
      "a new run takes over before all of it is ready",
      "if (!mayTakeOver(draft) || !proven) return draft;",
      "if (!proven) return draft;",
    ],
    [
      "a new run takes over before it is baked",
      "if (!mayTakeOver(draft) || !proven) return draft;",
      "if (!mayTakeOver(draft)) return draft;",
      "sick-runs",
    ],
    [
      "a new run takes over though it fails its probes",
      'if (ready.some((replica) => healthOf(replica, context) !== "well")) return draft;',
      "",
      "sick-runs",
    ],
  ]),
  ...inFile("src/reconciler/decide/let-go.ts", [
    [
      "an old replica leaves before its successor serves",
      "const exchanged = baked ? Math.max(0, stale.length + Math.min(successors, desired) - desired) : 0;",
      "const exchanged = stale.length;",
    ],
    [
      "old replicas leave for successors that fail",
      'const successors = fresh.filter((replica) => healthOf(replica, context) === "well").length;',
      "const successors = fresh.length;",
      "sick-successors",
    ],
    ["the bake is ignored", "const baked = currentDeployment(draft.record).bakedAt !== null;", "const baked = true;"],
    [
      "those that serve leave before all of them were looked at",
      'if (stale.length === 0 || [...stale, ...fresh].some((replica) => healthOf(replica, context) === "unknown"))',
      "if (stale.length === 0)",
    ],
    [
      "scaling down takes what serves before all was looked at",
      "filter((replica) => !unknown || !isServing(replica))",
      "filter(() => true)",
    ],
    [
      "what serves leaves before the run beside it has taken over",
      "const neverRouted = stale.filter((replica) => !isRouted(replica, draft.record));",
      "const neverRouted = stale;",
    ],
  ]),
  ...inFile("src/reconciler/decide/health.ts", [
    ["what nobody has looked at counts as well", '? "well" : "unknown";', '? "well" : "well";'],
    [
      "what fails its probes counts as well",
      'if (streaks.some((streak) => streak.failures > 0)) return "failing";',
      "",
    ],
    [
      "the most important leave first",
      "importance(a) - importance(b) ||",
      "importance(b) - importance(a) ||",
      "shrinks-while-it-starts",
    ],
    [
      "those that are well leave before those that fail",
      "wellness(a, context) - wellness(b, context) ||",
      "wellness(b, context) - wellness(a, context) ||",
      "shrinks-while-cut-off",
    ],
  ]),
  ...inFile("src/reconciler/decide/renumber.ts", [
    ["replicas with another job are renumbered", "if (!isSameJob(theirs, current)) return next;", ""],
  ]),
  ...inFile("src/reconciler/decide/judge.ts", [
    [
      "a settled deployment is judged",
      "if (deployment.settledAt !== null || isOver(draft.record, deployment))",
      "if (isOver(draft.record, deployment))",
    ],
    [
      "an edit is judged by replicas that it merely renumbered",
      "return replica.submittedAt >= deployment.acceptedAt || !isKnownToServe(record, deployment);",
      "return true;",
      "edits-of-what-is-ill",
    ],
    [
      "a replica that nobody has probed yet is late",
      "return seen && context.now >=",
      "return context.now >=",
      "left-half-way",
    ],
    [
      "a lack of capacity is the revision's fault",
      "return blameless.has(replica.error.code) ? null : replica.error.message;",
      "return replica.error.message;",
    ],
  ]),
  ...inFile("src/reconciler/decide/go-back.ts", [
    [
      "a bad rollout goes back to what never settled",
      "other.settledAt !== null && other.num < deployment.num",
      "other.num < deployment.num",
    ],
    [
      "a bad revision is not quarantined",
      "quarantined: [...draft.record.quarantined, quarantine],",
      "quarantined: draft.record.quarantined,",
    ],
    ["a bad rollout does not go back", "...workingTowards(settled ?? deployment,", "...workingTowards(deployment,"],
    [
      "going back ends what serves without a replacement",
      "return isAlive(bad) && !isServing(bad) ? retire",
      "return isAlive(bad) ? retire",
    ],
  ]),
  ...inFile("src/reconciler/decide/start.ts", [
    ["the quarantine is ignored", "if (isOver(draft.record, deployment)) return draft;", ""],
    [
      "what failed is tried again at once",
      "const wanted = Math.min(count - waiting.length - exhausted.length, room.count);",
      "const wanted = Math.min(count - exhausted.length, room.count);",
    ],
    ["numbers of attempts are used again", "attempts: attempt,", "attempts: record.attempts,"],
    [
      "tokens of an earlier life of the service are used again",
      "token: `${record.name}-${record.born}-${attempt}`",
      "token: `${record.name}-0-${attempt}`",
    ],
  ]),
  ...inFile("src/reconciler/decide/finish.ts", [
    [
      "a deployment settles before it serves",
      "replicas.every((replica) => isServing(replica) && replica.deployment === deployment.num)",
      "replicas.every((replica) => replica.deployment === deployment.num)",
    ],
  ]),
];
