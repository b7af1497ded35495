import type { Policy } from "../config/settings.ts";
import type { RepoSpec, RetrySpec, ScalingSpec } from "../config/spec.ts";
import { explain } from "../diff/explain.ts";
import type { Revision } from "./accept.ts";
import { unmetBy } from "./acts-on.ts";
import type { Supply } from "./observed.ts";
import type { PlanInput, PlannedService, Reason } from "./plan-document.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** What a rehearsal does to the replicas that must keep serving. */
export function safetyOf(rehearsal: Rehearsal | null, floor: number): PlannedService["safety"] {
  if (rehearsal === null || rehearsal.fewestServing >= floor) return "kept";
  return rehearsal.fewestServing === 0 ? "away" : "reduced";
}

/** Why `apply` will not do it; `null`: it may. */
export function refusalOf(revision: Revision, supply: Supply, input: PlanInput): string | null {
  if (supply.refusal !== null) return supply.refusal;
  const unmet = unmetBy(revision.spec);
  if (unmet.length > 0) {
    const reasons = unmet.map(({ property, reason }) => `\`${property}\`: ${reason} yet`);
    return `${reasons.join("; ")}. What would be ignored is refused: leave it out, and the service can be applied`;
  }
  if (revision.spec.auth && !input.tokens) {
    return "`auth` is true (the default), and no token is set: set DSTACK_TOKEN, or name the variables that hold tokens under `auth.tokens` in .dstack/gitops.yml, or set `auth: false`";
  }
  return null;
}

/** What a person should know of how it is done; nothing branches on it. */
export function reasonsFor(planned: PlannedService, supply: Supply, rehearsal: Rehearsal | null): readonly Reason[] {
  const { revision, action } = planned;
  const reasons: Reason[] = [...whyThisAction(planned)];
  if (revision !== null && revision.spec.probes.length === 0 && action !== "update") {
    reasons.push({ about: "probes", text: "no probes: a replica counts as ready when it answers HTTP at all" });
  }
  if (revision !== null && action !== "update") reasons.push(...revision.spec.repos.flatMap(followedRepo));
  if (revision !== null && revision.spec.scaling !== null)
    reasons.push({ about: "scaling", text: scalingText(revision.spec.scaling) });
  if (supply.lack !== null) reasons.push({ about: "offers", text: supply.lack });
  if (revision?.spec.retry) {
    reasons.push({ about: "retry", text: retryText(revision.spec.retry) });
  }
  if (supply.missingEnv.length > 0)
    reasons.push({ about: "env", text: `unknown here: ${supply.missingEnv.join(", ")}` });
  if (rehearsal !== null) reasons.push({ about: "timeline", text: rehearsal.basis });
  return reasons;
}

/** How long requests in flight hold up what is rehearsed is nobody's to foresee: how long they may, is. */
export function drainReasons(rehearsal: Rehearsal | null, { rollout }: Pick<Policy, "rollout">): readonly Reason[] {
  const drains = (rehearsal?.timeline ?? []).filter(({ event }) => event === "drain").length;
  if (drains === 0) return [];
  const [each, it] = drains === 1 ? ["the drain ends", "it"] : [`each of the ${drains} drains ends`, "each"];
  const text = `rehearsed with no request in flight: ${each} with the last of its requests, so that ${it} may take up to ${rollout.drain} s (\`rollout.drain\`)`;
  return [{ about: "timeline", text }];
}

/** What `retry` limits; without it nothing does. */
function retryText({ on_events: events, duration }: RetrySpec): string {
  return `a replica is started again after ${events.join(", ")} for at most ${duration} s in a row; after anything else, or later, it stays ended, and the others serve on`;
}

/** What keeps changing though nobody edits the service file. */
function followedRepo({ local_path, hash }: RepoSpec): readonly Reason[] {
  if (hash !== null) return [];
  const text =
    local_path === null
      ? "`repos` pins the commit that the URL's branch has now: each plan after a commit there rolls this service; `hash` fixes it"
      : "`repos` pins the repository's commit: every merge rolls this service; list what it needs in `files` instead";
  return [{ about: "repos", text }];
}

function whyThisAction({ action, changes }: PlannedService): readonly Reason[] {
  if (changes.length === 0 || action === "create" || action === "destroy") return [];
  const { reason, hint } = explain(action, changes);
  return [{ about: action, text: reason }, ...(hint === null ? [] : [{ about: "instead", text: hint }])];
}

/** What depends on how often somebody looks is said. */
function scalingText({ target, window, scale_up_delay, scale_down_delay }: ScalingSpec): string {
  return (
    `one replica for each ${target} requests a second, counted over ${window} s by the gateway; at most every ${scale_up_delay} s up ` +
    `and every ${scale_down_delay} s down, from zero at once. Only a pass changes the count: \`watch\` makes one every few seconds, a schedule each time it ticks`
  );
}
