import type { Diagnostic } from "../lib/diagnostics.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import type { WrittenGateway } from "./fields/gateways.ts";
import { longestSkew, type WrittenLease } from "./fields/lease.ts";
import type { WrittenSettings } from "./fields/settings.ts";
import { settingsFields } from "./fields/settings.ts";
import { policyOf } from "./policy-of.ts";
import { object } from "./schema/object.ts";
import { invalid, type Issue, root } from "./schema/schema.ts";
import type { GatewaySettings, LeaseSettings, Settings } from "./settings.ts";
import { inOrder, locateIssue, readSource, type SourceBytes } from "./source.ts";

const settingsSchema = object<WrittenSettings>(settingsFields);

/** `.dstack/gitops.yml`, or the defaults where there is none; `settings` is `null` when it has errors. Never throws. */
export function parseSettings(source: SourceBytes | null): {
  readonly settings: Settings | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const issues: Issue[] = [];
  if (source === null) {
    const defaults = settingsSchema.read(new Map(), root(issues));
    return { settings: defaults === invalid ? null : settingsOf(defaults), diagnostics: [] };
  }
  const read = readSource(source);
  if (read.value === undefined) return { settings: null, diagnostics: read.diagnostics };
  // A file of comments only asks for nothing.
  const written = settingsSchema.read(read.value ?? new Map(), root(issues));
  const diagnostics = inOrder([...read.diagnostics, ...issues.map((issue) => locateIssue(read, issue))]);
  return { settings: written === invalid || hasErrors(diagnostics) ? null : settingsOf(written), diagnostics };
}

function settingsOf({ state, gateways, policy, ...settings }: WrittenSettings): Settings {
  const byDefault = settings.backends.every(({ type }) => type === "local") ? null : "origin";
  const remote = state.remote === "none" ? null : (state.remote ?? byDefault);
  return {
    ...settings,
    state: { ...state, remote, lease: leaseOf(state.lease, remote) },
    gateways: gateways.map((gateway) => gatewayOf(gateway, gateways.length)),
    policy: policyOf(policy),
  };
}

/** Clocks of two hosts differ; where state never leaves one host there is one clock. */
function leaseOf({ ttl, skew }: WrittenLease, remote: string | null): LeaseSettings {
  return { ttl, skew: skew ?? (remote === null ? 0 : Math.min(longestSkew, Math.floor(ttl / 3))) };
}

function gatewayOf(gateway: WrittenGateway, count: number): GatewaySettings {
  const listen = gateway.type === "embedded" ? { host: "127.0.0.1", port: 3000 } : { host: "0.0.0.0", port: 80 };
  return { ...gateway, default: gateway.default ?? count === 1, listen: gateway.listen ?? listen };
}
