import { expect, test } from "vitest";

import { terminalText } from "../../src/lib/terminal-text.ts";

test("colours and line breaks reach a terminal, and nothing else that it would obey", () => {
  expect(terminalText("\u001B[31mred\u001B[0m\n\tnext")).toBe("\u001B[31mred\u001B[0m\n\tnext");
  expect(terminalText("\u001B[2J\u001B]0;x\u0007\r\u009B1A\u2066")).toBe(
    "\u{FFFD}[2J\u{FFFD}]0;x\u{FFFD}\u{FFFD}\u{FFFD}1A\u{FFFD}",
  );
});
