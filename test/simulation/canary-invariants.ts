import type { GatewayStatus } from "../../src/proxy-config/publisher.ts";
import { isServing } from "../../src/reconciler/decide/draft.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { invariant } from "./happening.ts";

/** What no step of a canary may do. */
export const canaryInvariants = [
  invariant({
    name: "failing-canary-turned-down",
    on: "committed",
    check({ by, before, after }) {
      if (before === null || after === null || by.status === null) return null;
      const { num, canary } = before.deployments.find(({ num: each }) => each === after.current) ?? {};
      const next = after.deployments.find(({ num: each }) => each === num);
      if (num === undefined || canary === undefined || next === undefined) return null;
      if (next.canary !== undefined && next.canary.step <= canary.step) return null;
      return isConvicted(num, { before, after }, by.status)
        ? `deployment ${num} of ${after.name} goes on, and the gateway has said that it fails its requests`
        : null;
    },
  }),
];

/** Three times what the policy asks for: what this pass itself was told may be a little older than what its process was told last. */
const enough = 60;

/** Of what served before the pass and serves after it alone. That another revision fails too says nothing about this one. */
function isConvicted(
  deployment: number,
  { before, after }: { readonly before: ServiceRecord; readonly after: ServiceRecord },
  { upstreams = {} }: GatewayStatus,
): boolean {
  const old = before.replicas.filter((replica) => replica.deployment !== deployment);
  if (old.some(({ token }) => (upstreams[token]?.errors ?? 0) > 0)) return false;
  const kept = after.replicas.filter(({ token }) =>
    before.replicas.some((replica) => replica.token === token && isServing(replica)),
  );
  const sum = (isNew: boolean, key: "requests" | "errors"): number =>
    kept
      .filter((replica) => isServing(replica) && (replica.deployment === deployment) === isNew)
      .reduce((total, { token }) => total + (upstreams[token]?.[key] ?? 0), 0);
  return sum(true, "requests") >= enough && sum(false, "requests") >= enough && sum(true, "errors") >= enough / 4;
}
