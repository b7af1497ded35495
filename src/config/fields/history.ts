import { integer } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import type { Schema } from "../schema/schema.ts";
import { plainBoolean } from "../schema/words.ts";
import type { HistoryLimits } from "../settings.ts";
import { defaultHistory } from "../settings.ts";
import { duration } from "./duration.ts";

/** Fewer commits would be summarised before anybody has read them. */
const leastCommits = 100;
const leastAge = 86_400;

/** A limit, or `off`: none. */
function limit(schema: Schema<number>): Schema<number | null> {
  return {
    expects: `${schema.expects}, or \`off\``,
    json: () => ({
      title: `${schema.expects}, or \`off\``,
      anyOf: [schema.json(), { enum: ["off"] }, plainBoolean],
    }),
    // YAML 1.1 reads the word as `false`.
    read: (value, at) => (value === "off" || value === false ? null : schema.read(value, at)),
  };
}

/** How much of the history of the state is kept. */
export const history = object<HistoryLimits>({
  commits: {
    schema: limit(integer({ min: leastCommits })),
    default: defaultHistory.commits,
    description:
      "So many commits are kept at most: once there are more, `tick` keeps the newest half, and a summary of the others. `off`: any number.",
    example: 2000,
  },
  age: {
    schema: limit(duration({ min: leastAge, tooShort: "history younger than a day is always kept" })),
    default: defaultHistory.age,
    writtenDefault: "90d",
    description:
      "So old may commits become, where there are more than 100: once one is older, `tick` keeps those of the newer half of this time, and a summary of the others. `off`: any age.",
    example: "30d",
  },
});
