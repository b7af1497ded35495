import { costOf } from "./budget.ts";
import { invariant } from "./happening.ts";

/** What no write of the state may do to what holds for all services together. */
export const limitInvariants = [
  invariant({
    name: "budget-held",
    on: "committed",
    check({ by, service, state }, { hourly }) {
      if (hourly === null) return null;
      const cost = [...state.services.values()].reduce((sum, { record }) => sum + costOf(record), 0);
      return cost > hourly + 1e-9
        ? `all services cost $${cost}/h once ${by.nonce} has written ${service}, and $${hourly}/h is the limit`
        : null;
    },
  }),
];
