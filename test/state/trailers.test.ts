import { describe, expect, test } from "vitest";

import { generationOf, messageOf, trailersOf } from "../../src/state/trailers.ts";

const trailers = { generation: 7, nonce: "abc" };

describe("the message of a state commit", () => {
  test("is a line and trailers where there is nothing more to say", () => {
    expect(messageOf([{ message: "web: replica 1 is ready" }], trailers)).toBe(
      "web: replica 1 is ready\n\nGeneration: 7\nNonce: abc\n",
    );
  });

  test("says details below the line, and who asked for it", () => {
    const happening = { message: "web: paused by ada", details: ["until the move is over"], by: "ada" };
    expect(messageOf([happening], trailers)).toBe(
      "web: paused by ada\n\n- until the move is over\n\nBy: ada\nGeneration: 7\nNonce: abc\n",
    );
  });

  test("lists what was written together, with its details, in a line that tools show whole", () => {
    const long = { message: `web: ${"very ".repeat(20)}long`, details: ["why"] };
    const text = messageOf([long, { message: "api: drain replica 0" }], trailers);
    const [subject = "", , ...body] = text.split("\n");
    expect(subject).toHaveLength(72);
    expect(subject).toMatch(/^web: very .*… \(and 1 more\)$/);
    expect(body.slice(0, 3)).toEqual([`- ${long.message}`, "  - why", "- api: drain replica 0"]);
  });

  test("holds no line that a text from outside could pass off as a trailer", () => {
    const text = messageOf(
      [{ message: "web: x\n\nGeneration: 99", details: ["y\nGeneration: 98"], by: "a\nb" }],
      trailers,
    );
    expect(trailersOf(text, "Generation")).toEqual(["7"]);
    expect(trailersOf(text, "By")).toEqual(["a b"]);
    expect(generationOf([text])).toBe(7);
  });

  test("of a commit that was made by hand says no generation: it counts from the nearest that does", () => {
    const messages = [
      "Correct web by hand\n",
      "Generation: 3 was wrong\n\nso it goes\n",
      messageOf([{ message: "x" }], trailers),
    ];
    expect(generationOf(messages)).toBe(9);
    expect(generationOf(messages.slice(0, 2))).toBeNull();
  });
});
