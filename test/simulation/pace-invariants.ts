import type { ServiceSpec } from "../../src/config/spec.ts";
import { fromTimestamp } from "../../src/lib/timestamp.ts";
import { currentDeployment } from "../../src/reconciler/decide/draft.ts";
import { invariant } from "./happening.ts";

/** What the load and the time of day may not do. */
export const paceInvariants = [
  invariant({
    name: "scaled-within-its-bounds",
    on: "committed",
    check({ after }) {
      if (after === null || after.target === null || after.scaled === null) return null;
      const { scaling, replicas } = currentDeployment(after).spec;
      const { count } = after.scaled;
      if (scaling === null || (count >= replicas.min && count <= replicas.max)) return null;
      return `${after.name} is scaled to ${count}, and is to have ${replicas.min} to ${replicas.max}`;
    },
  }),
  invariant({
    name: "scaled-after-its-delay",
    on: "committed",
    check({ before, after }, { skew }) {
      if (before === null || after === null || before.current !== after.current) return null;
      const { scaling } = currentDeployment(after).spec;
      const [was, is] = [before.scaled, after.scaled];
      if (scaling === null || was === null || is === null || was.count === is.count || was.count === 0) return null;
      const delay = is.count > was.count ? scaling.scale_up_delay : scaling.scale_down_delay;
      if (fromTimestamp(is.at) - fromTimestamp(was.at) >= delay * 1000 - skew) return null;
      return `${after.name} is scaled from ${was.count} to ${is.count} less than ${delay} s after it was`;
    },
  }),
  invariant({
    name: "called-in-its-window",
    on: "provisions",
    check({ by, request: { service, token } }, { skew }) {
      const record = by.decided.get(service) ?? null;
      const spec = record === null ? null : currentDeployment(record).spec;
      if (spec === null || by.standsStill) return null;
      // As long before its window as it took the last times.
      const starts = (record?.starts ?? []).map(({ run, ready }) => (run + ready) * 1000);
      const longestLead = Math.max(0, ...starts) + slack;
      // A gateway that takes its time keeps a call waiting that was decided before.
      const asked = record?.replicas.find((replica) => replica.token === token);
      const at = asked === undefined ? -Infinity : fromTimestamp(asked.submittedAt);
      const window = windowAt(spec, at);
      if (window === null || at < window.end + skew + slack || at >= window.next - skew - longestLead) return null;
      return `${token} is called for, and ${service} is not to be up until ${new Date(window.next).toISOString()}`;
    },
  }),
  invariant({
    name: "closes-its-window",
    on: "committed",
    check({ by, before, after }, { skew }) {
      if (before === null || after === null || after.target === null || !by.looked || by.standsStill) return null;
      if (before.target?.acceptedAt !== after.target.acceptedAt || before.current !== after.current) return null;
      // Who pauses or resumes has looked at what runs, and decides nothing.
      if (before.paused !== null || after.paused !== null) return null;
      const { max_duration } = currentDeployment(after).spec;
      const { window } = after;
      if (window === null || window.closedAt !== null || typeof max_duration !== "number") return null;
      if (by.lookedAt < fromTimestamp(window.openedAt) + max_duration * 1000 + skew + slack) return null;
      return `${after.name} is kept up, and its time, ${max_duration} s, began at ${window.openedAt}`;
    },
  }),
];

/** From a decision to what comes of it. */
const slack = 5_000;

/** The last window of `*` + `/N` minutes that has begun, and the beginning of the next. */
function windowAt(
  { schedule, max_duration }: ServiceSpec,
  now: number,
): { readonly end: number; readonly next: number } | null {
  const [cron = ""] = schedule?.cron ?? [];
  const every = Number(/^\*\/(?<minutes>\d+) /.exec(cron)?.groups?.["minutes"] ?? 0);
  if (every === 0 || now === -Infinity || typeof max_duration !== "number") return null;
  const hour = now - (now % 3_600_000);
  const begun = hour + Math.floor((now - hour) / (every * 60_000)) * every * 60_000;
  return { end: begun + max_duration * 1000, next: Math.min(begun + every * 60_000, hour + 3_600_000) };
}
