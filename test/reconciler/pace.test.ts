import { describe, expect, it } from "vitest";

import type { Action } from "../../src/reconciler/decide.ts";
import { looked, noLooks } from "../../src/reconciler/pace.ts";
import { serving } from "../support/decisions.ts";

describe("looks after calls", () => {
  const end = (token: string): Action => ({ kind: "terminate", replica: { ...serving(0, 1), token } });

  it("begin anew with what is asked for the first time", () => {
    const waited = looked(looked(noLooks, { actions: [] }), { actions: [] });
    expect(waited.idle).toBe(2);
    expect(looked(waited, { actions: [end("a")] }).idle).toBe(0);
  });

  it("become less often while the same is asked for again, since its effect is not seen yet", () => {
    const asked = looked(noLooks, { actions: [end("a"), end("b")] });
    expect(looked(asked, { actions: [end("b")] }).idle).toBe(1);
    expect(looked(looked(asked, { actions: [end("a")] }), { actions: [end("a")] }).idle).toBe(2);
    expect(looked(asked, { actions: [end("a"), end("c")] }).idle).toBe(0);
  });
});
