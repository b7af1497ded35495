import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about what may be concluded from what is seen, and when a call may be made. */
export const observedMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide.ts", [
    [
      "a paused service is worked on",
      "if (record.paused !== null) return {",
      "if (record.paused === undefined) return {",
    ],
    [
      "a blind pass changes things",
      "return (blind ? [charged(braked(absorb))] : steps).reduce(",
      "return steps.reduce(",
    ],
    [
      "a call is repeated where that makes a second instance",
      "context.observed.dedupes.get(replica.backend) === true ||",
      "true ||",
    ],
    [
      "what runs and is not recorded holds nothing back",
      "if (strangers.length > 0) return untouched(record, strangers);",
      "",
      "branch-forgotten",
    ],
    // What is accepted to be removed has nothing announced: `remove` lets go of it in the same decision.
  ]),
  ...inFile("src/reconciler/decide/absorb.ts", [
    [
      "what a blind backend does not list is lost",
      'if (context.observed.blind.has(replica.backend) || instance?.status === "unobservable") return draft;',
      'if (instance?.status === "unobservable") return draft;',
    ],
    [
      "what ends and is not listed yet has ended",
      "if (instance === undefined && context.now < visibleFrom(replica, context))",
      "if (instance === undefined && context.now < 0)",
      "calls-without-answer",
    ],
    [
      "what ends and is not listed needs no call",
      "return instance !== null && !isTold;",
      "return instance === null && !isTold;",
      "empty-listings",
    ],
    [
      "an open call that a blind backend does not list was not made",
      "if (context.observed.blind.has(replica.backend) || context.observed.dedupes.get(replica.backend) !== false)",
      "if (context.observed.dedupes.get(replica.backend) !== false)",
      "calls-in-the-dark",
    ],
    [
      "an open call that is not listed yet was not made",
      "if (context.now < provenAt) return wake(draft, provenAt);",
      "",
      "calls-without-answer",
    ],
    [
      "a refusal for lack of capacity is the revision's fault",
      'const code = outcome.code === "invalid" ? "failed-to-start" : "no-capacity";',
      'const code = "failed-to-start";',
    ],
    ["what runs is ready, whatever its probes say", "if (!ready) return draft;", ""],
    ["`ready_after` is ignored", "streak.successes >= (probes[index]?.ready_after ?? 1)", "streak.successes >= 1"],
  ]),
  {
    // What was not asked to end has not ended, either: held twice.
    rule: "what ends and is not listed by a blind backend has ended",
    edits: [
      {
        file: "src/reconciler/decide/absorb.ts",
        from: "if (context.observed.blind.has(replica.backend)) return draft;\n      if (instance !== undefined",
        to: "if (instance !== undefined",
      },
      {
        file: "src/reconciler/decide/absorb.ts",
        from: "return instance !== null && !isTold;",
        to: "return instance === null && !isTold;",
      },
    ],
    situation: "blind-drains",
  },
  ...inFile("src/reconciler/decide/unlisted.ts", [
    [
      "what answers is lost where it is not listed",
      'return streaks.every(({ failures }) => failures === 0) ? "answers" : "silent";',
      'return "silent";',
      "gone-or-not-listed",
    ],
    [
      "one failure more is enough where it is not listed",
      "failures >= silentAfter",
      "failures >= 1",
      "gone-or-not-listed",
    ],
  ]),
  ...inFile("src/reconciler/decide/failure.ts", [
    ["what is not listed yet is lost", "if (context.now < from) return wake(draft, from);", ""],
    ["no call is under way for long", "const longestCall = 60_000;", "const longestCall = 0;", "slow-calls"],
  ]),
  ...inFile("src/reconciler/decide/drain.ts", [
    [
      "what a blind backend has is ended",
      "if (context.observed.blind.has(replica.backend)) return false;",
      "",
      "blind-drains",
    ],
    [
      "what gateways still route to is ended",
      "if (context.observed.unpublished || fromTimestamp(replica.termination.since) >= context.now) return false;",
      "if (fromTimestamp(replica.termination.since) >= context.now) return false;",
      "deaf-gateway-without-drain",
    ],
    [
      "what leaves the routes is ended by the same pass",
      "if (context.observed.unpublished || fromTimestamp(replica.termination.since) >= context.now) return false;",
      "if (context.observed.unpublished) return false;",
      "deaf-gateway-without-drain",
    ],
    [
      "what has requests in flight is ended",
      "return context.now >= fromTimestamp(replica.termination.drainUntil) || context.observed.drained.has(replica.token);",
      "return true;",
    ],
  ]),
  ...inFile("src/reconciler/decide/scale.ts", [
    ["a rollout scales down", "return !exchanging && load !== null &&", "return load !== null &&"],
    [
      "a count that has just begun scales down",
      "context.now - load.since >= window * 1000",
      "context.now >= window * 1000",
      "gateway-restarts",
    ],
  ]),
  // That nobody has counted is asked twice, here and in `autoscale.ts`: taking out either alone changes nothing.
  ...inFile("src/reconciler/observe.ts", [
    [
      "instances of other states are ours",
      "return instance.service === record.name && instance.stateId === owner.stateId;",
      "return instance.service === record.name;",
    ],
    [
      "what was answered before it was not listed says how it is now",
      "const isDoubted = wasReady && instance === undefined;",
      "const isDoubted = false;",
      "gone-or-not-listed",
    ],
    // What was out of reach is not probed while nothing can be seen; taken out alone it changes nothing: nobody is judged who is not listed.
    [
      "routes count as given before they are",
      "unpublished: observer.published < observer.snapshot.generation,",
      "unpublished: false,",
      "deaf-gateway-without-drain",
    ],
    // A publication is made once every gateway that is up has taken it, so that only one that just begins serves older
    // routes: that nothing in flight then says nothing is for `test/reconciler/observe.test.ts` to show.
  ]),
  ...inFile("src/reconciler/listing.ts", [
    [
      "a failed listing is an empty one",
      "instances: [], blind: error instanceof Error ? error.message : String(error) };",
      "instances: [], blind: null };",
    ],
  ]),
  ...inFile("src/reconciler/routing.ts", [
    [
      "a failed publication counts as made",
      "// Until a later pass succeeds, nothing that the gateways may still ask is terminated.",
      "published = given.generation;\n      left = keyOf(olderIn(given));",
    ],
  ]),
  ...inFile("src/reconciler/execute.ts", [
    [
      "a call without an answer was refused",
      'if (error.code === "unavailable" || error.code === "rate-limited")',
      'if (error.code === "rate-limited")',
    ],
  ]),
  ...inFile("src/reconciler/orphans.ts", [
    [
      "instances of other states are collected",
      "if (instance.stateId !== snapshot.stateId) return false;\n  const parts",
      "const parts",
    ],
    // Which births are of a branch that was rewound since is for `test/reconciler/ended-replicas.test.ts` to show: one host remembers.
    [
      "attempts that the branch does not know yet are collected",
      "born === record.born && attempt <= record.attempts",
      "born === record.born && attempt > 0",
      "standing-still",
    ],
    [
      "tombstones are ignored",
      "tombstoned: givenUp.filter(({ service }) => !isPaused(service, snapshot)),",
      "tombstoned: [],",
      "late-calls",
    ],
    ["recorded instances are collected", " && !isRecorded(instance, snapshot));", ");"],
  ]),
];
