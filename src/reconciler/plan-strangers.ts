import type { Diagnostic } from "../lib/diagnostics.ts";
import type { Seen } from "./inventory.ts";
import { blindText, olderText, repairHint } from "./orphans-text.ts";
import type { PlannedService } from "./plan-document.ts";

/**
 * A plan's services, refused where something runs that the state does not know. Without a branch nothing is created at all
 * while anything runs, or may run: what would be made then is a second state beside one that is lost.
 */
export function withStrangers(services: readonly PlannedService[], seen: Seen | undefined): readonly PlannedService[] {
  if (seen === undefined || (seen.strangers.length === 0 && seen.blind.size === 0)) return services;
  return services.map((service) => {
    // Where nothing is to be changed nothing is refused: a warning says what is wrong, and others go on.
    const refusal = service.action === "none" ? null : refusalFor(service.name, seen);
    return refusal === null ? service : { ...service, refusal };
  });
}

/** Why nothing of a service may be changed now; `null`: it may. */
export function refusalFor(name: string, { strangers, blind, snapshot }: Seen): string | null {
  const concerned = snapshot.commit === null ? strangers : strangers.filter(({ service }) => service === name);
  if (concerned.length > 0) return olderText(concerned);
  const [first] = blind;
  return snapshot.commit !== null || first === undefined
    ? null
    : `there is no state yet, and ${blindText(first)}; nothing is created until it answers, or is no longer among the settings' \`backends\``;
}

/** The same among what is to be said of a plan, a service a warning. */
export function strangerDiagnostics({ strangers }: Pick<Seen, "strangers">): readonly Diagnostic[] {
  return [...Map.groupBy(strangers, ({ service }) => service)].map(([service, own]) => ({
    severity: "warning",
    code: "unknown-instances",
    message: `${service}: ${olderText(own)}`,
    hint: repairHint,
  }));
}
