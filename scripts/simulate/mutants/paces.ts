import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about how many replicas there are to be, when, and in which order services are changed. */
export const paceMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/decide/autoscale.ts", [
    [
      "scaling leaves its bounds",
      "const wanted = clamp(Math.ceil(requests / scaling.window / scaling.target), bounds);",
      "const wanted = Math.ceil(requests / scaling.window / scaling.target);",
      "loads",
    ],
    [
      "scaling does not wait for its delays",
      "return sinceScaled !== null && sinceScaled < delay ? current : wanted;",
      "return wanted;",
      "loads",
    ],
  ]),
  {
    rule: "nobody having counted is a count of zero",
    edits: [
      { file: "src/reconciler/decide/autoscale.ts", from: "if (requests === null) return current;", to: "" },
      {
        file: "src/reconciler/decide/autoscale.ts",
        from: "Math.ceil(requests / scaling.window / scaling.target)",
        to: "Math.ceil((requests ?? 0) / scaling.window / scaling.target)",
      },
      {
        file: "src/reconciler/decide/scale.ts",
        from: "return !exchanging && load !== null && context.now - load.since >= window * 1000;",
        to: "return !exchanging;",
      },
    ],
    situation: "loads",
  },
  ...inFile("src/reconciler/decide/schedule.ts", [
    [
      "a window opens before its time",
      "if (fire - lead > context.now) return wake(draft, fire - lead);",
      "",
      "windows",
    ],
    // A window that is over is closed by the pass that opens it: to pass it over costs time alone.
    [
      "a window does not end",
      "if (context.now < end) return wake(draft, end);",
      "if (context.now > 0) return wake(draft, end);",
      "windows",
    ],
    [
      "time does not matter",
      "return window === null ? schedule === null : window.closedAt === null;",
      "return true;",
      "windows",
    ],
  ]),
];
