import type { Diagnostic } from "../lib/diagnostics.ts";
import type { Rotated } from "../reconciler/rotation.ts";

/** That a value is another one than replicas run with. */
export function rotationText({ name, replicas }: Rotated): string {
  const which = replicas.length === 1 ? `replica ${replicas[0]} was` : `replicas ${replicas.join(", ")} were`;
  return `${name} has another value than ${which} given`;
}

/** What gives a service's replicas the new values. Nothing does it by itself. */
export function rotationHint(service: string): string {
  return `\`restart ${service}\` gives them the new one`;
}

/** Rotated services as lines of their own; with a name, that service alone. */
export function rotationWarnings(
  rotated: ReadonlyMap<string, readonly Rotated[]>,
  only: string | null = null,
): readonly string[] {
  const chosen = [...rotated].filter(([service]) => only === null || service === only);
  return chosen.map(
    ([service, names]) => `note: ${service}: ${names.map(rotationText).join("; ")}: ${rotationHint(service)}`,
  );
}

/** The same among what is to be said of a plan. */
export function rotationDiagnostics(rotated: ReadonlyMap<string, readonly Rotated[]>): readonly Diagnostic[] {
  return [...rotated].map(([service, names]) => ({
    severity: "note",
    code: "rotated",
    message: `${service}: ${names.map(rotationText).join("; ")}`,
    hint: rotationHint(service),
  }));
}
