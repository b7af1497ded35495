import { expect, test } from "vitest";

import { sharing } from "../../src/git/sharing.ts";

test("an answer that is on its way is shared, and none is kept, a failure neither", async () => {
  const share = sharing<number>();
  let asked = 0;
  const ask = async (): Promise<number> => {
    asked += 1;
    if (asked === 3) throw new Error("away");
    return asked;
  };
  expect(await Promise.all([share("a", ask), share("a", ask), share("b", ask)])).toEqual([1, 1, 2]);
  const failing = await Promise.allSettled([share("a", ask), share("a", ask)]);
  expect(failing.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await share("a", ask)).toBe(4);
});
