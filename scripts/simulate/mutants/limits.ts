import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules that hold over all services together: what may be given up on an observer's word, and what may be paid for. */
export const limitMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide/casualties.ts", [
    [
      "the brake holds nothing back",
      'if (share >= 1 || consent === "all" || isAllowed(record, now)) return null;',
      "if (share >= 0) return null;",
      "empty-listings",
    ],
    [
      "the brake forgets what was given up before",
      "const givenUp = own.givenUp + toll.givenUp + count;",
      "const givenUp = count;",
      "empty-listings",
    ],
    [
      "the brake looks at one service alone",
      "const { toll } = judged.others?.() ?? noOthers;",
      "const { toll } = noOthers;",
      "empty-listings",
    ],
    [
      "a listing is believed though the replicas answer",
      'if (address?.kind !== "tcp") return false;',
      "if (address !== undefined) return true;",
      "empty-listings",
    ],
    [
      "what is held back is given up by the next pass",
      "now >= fromTimestamp(brake.heldSince) + hour;",
      "now >= fromTimestamp(brake.heldSince);",
      "empty-listings",
    ],
  ]),
  ...inFile("src/reconciler/decide/brake.ts", [
    [
      "what is held back is recorded as it was found",
      "const replicas = next.record.replicas.map((replica) => kept.get(replica.token) ?? replica);",
      "const { replicas } = next.record;",
      "empty-listings",
    ],
  ]),
  ...inFile("src/reconciler/limits.ts", [
    [
      "services that give up at the same time do not count each other",
      "const mayGiveUp = lost === 0 || overBrake(before, lost, { ...judging, others: () => others }) === null;",
      "const mayGiveUp = true;",
      "empty-listings",
    ],
    [
      "services that start at the same time do not count each other's cost",
      "return mayGiveUp && (!pays || isWithinBudget(after, others, judging));",
      "return mayGiveUp;",
      "short-of-money",
    ],
  ]),
  {
    rule: "more is started than may be paid for",
    edits: [
      {
        file: "src/reconciler/decide/budget.ts",
        from: "const left = budget.hourly - hourly + priceTolerance;",
        to: "const left = budget.hourly + hourly;",
      },
    ],
    situation: "short-of-money",
  },
  {
    rule: "neither a decision nor its write asks for money",
    edits: [
      {
        file: "src/reconciler/decide/budget.ts",
        from: "if (price === 0 || !isLimited(draft.record, context.policy)) return whole;",
        to: "if (price >= 0) return whole;",
      },
      { file: "src/reconciler/limits.ts", from: "(!pays || isWithinBudget(after, others, judging))", to: "true" },
    ],
    situation: "short-of-money",
  },
  ...inFile("src/reconciler/decide/money.ts", [
    [
      "what leaves costs nothing",
      'return status !== "failed" && status !== "terminated";',
      'return status !== "failed" && status !== "terminated" && status !== "terminating";',
      "short-of-money-while-they-die",
    ],
    [
      "what is only called for costs nothing",
      'return status !== "failed" && status !== "terminated";',
      'return status !== "failed" && status !== "terminated" && status !== "submitted";',
      "short-of-money",
    ],
  ]),
  ...inFile("src/reconciler/decide/others.ts", [
    ["what other services cost is not counted", "hourly += rateOf(record);", "", "short-of-money"],
    [
      "what other services gave up is not counted",
      "givenUp: toll.givenUp + givenUp };",
      "givenUp: 0 };",
      "empty-listings",
    ],
  ]),
];
