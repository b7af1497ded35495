import { expect, it } from "vitest";

import { checkNamedServices } from "../../src/config/named-services.ts";
import { defaultPolicy } from "../../src/config/settings.ts";

it("names in the policy that no service has are warned of, with what was likely meant", () => {
  const { rollout, heal, budget } = defaultPolicy;
  const policy = { ...defaultPolicy, waves: [["db"], ["caht"]], services: { other: { rollout, heal, budget } } };
  expect(checkNamedServices(policy, new Set(["db", "chat"]))).toEqual([
    {
      severity: "warning",
      code: "unknown-service",
      message: "the settings name `caht`, and no service is called so",
      hint: "did you mean `chat`?",
      path: "policy.waves[1]",
    },
    {
      severity: "warning",
      code: "unknown-service",
      message: "the settings name `other`, and no service is called so",
      path: "policy.services.other",
    },
  ]);
});
