import { describe, expect, it } from "vitest";

import { createRequestStatistics } from "../../../src/proxy-config/embedded/request-statistics.ts";

const now = Date.parse("2024-12-06T12:10:00Z");
const none = { requests: 0, request_time: 0 };

/** `[service, seconds before now, duration in seconds]`, oldest first. */
function windows(ended: readonly (readonly [string, number, number])[], named: readonly string[] = []) {
  const statistics = createRequestStatistics();
  for (const [service, ago, duration] of ended) statistics.record(service, duration * 1000, now - ago * 1000);
  return statistics.read(now, named);
}

describe("request statistics", () => {
  it("count services apart, with the mean of their times", () => {
    const ended = [
      ["a", 120, 0.1],
      ["b", 120, 1.1],
      ["a", 45, 0.2],
      ["b", 45, 1.2],
      ["a", 15, 0.3],
    ] as const;
    expect(windows(ended)).toEqual({
      a: {
        "30": { requests: 1, request_time: 0.3 },
        "60": { requests: 2, request_time: 0.25 },
        "300": { requests: 3, request_time: 0.2 },
      },
      b: { "30": none, "60": { requests: 1, request_time: 1.2 }, "300": { requests: 2, request_time: 1.15 } },
    });
  });

  it.each([
    [30, { "30": 1, "60": 1, "300": 1 }],
    [31, { "30": 0, "60": 1, "300": 1 }],
    [60, { "30": 0, "60": 1, "300": 1 }],
    [300, { "30": 0, "60": 0, "300": 1 }],
  ])("count a request of %i s ago in %j", (ago, expected) => {
    const { a } = windows([["a", ago, 0.1]]);
    expect({ "30": a?.["30"].requests, "60": a?.["60"].requests, "300": a?.["300"].requests }).toEqual(expected);
  });

  it("forget after 300 s, and report zeros of a service without requests", () => {
    expect(windows([["a", 301, 0.1]])).toEqual({});
    expect(windows([], ["b"])).toEqual({ b: { "30": none, "60": none, "300": none } });
  });
});
