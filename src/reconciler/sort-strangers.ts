import type { Found, Inventory } from "./inventory.ts";
import { partsOfToken } from "./orphans.ts";

/** What a person wants to become of instances that no state knows. */
export interface Choice {
  /** Names of services, or `all`. */
  readonly adopt: readonly string[];
  /** Tokens, or `all`; what is adopted is not ended. */
  readonly remove: readonly string[];
}

export interface Sorted {
  readonly found: Found;
  readonly fate: "adopt" | "remove" | "left";
  readonly why: string;
}

/** Says of each unknown instance what becomes of it. Only what has the tags of this state, or of the one that goes on where there is none, can be adopted. */
export function sortStrangers(
  { strangers, snapshot }: Pick<Inventory, "strangers" | "snapshot">,
  { choice, named }: { readonly choice: Choice; readonly named: ReadonlySet<string> },
): readonly Sorted[] {
  const stateId = snapshot.commit === null ? stateToGoOn(strangers) : snapshot.stateId;
  return strangers.map((found) => {
    const { service, token } = found;
    const isNamed = named.has(service) || (snapshot.services.get(service)?.record ?? null) !== null;
    const hindrance =
      found.stateId !== stateId
        ? "has the tags of another state: it can only be ended"
        : partsOfToken(token) === null
          ? "has no token of ours: it can only be ended"
          : isNamed
            ? null
            : "neither the state nor a service file names its service";
    if (hindrance === null && isChosen(choice.adopt, service)) return { found, fate: "adopt", why: "as was chosen" };
    if (isChosen(choice.remove, token)) return { found, fate: "remove", why: "as was chosen" };
    return { found, fate: "left", why: hindrance ?? "can be adopted" };
  });
}

function isChosen(names: readonly string[], name: string): boolean {
  return names.includes("all") || names.includes(name);
}

/** The state whose services were born last: what else there is was left by one before it. `null`: nothing runs. */
export function stateToGoOn(strangers: readonly Found[]): string | null {
  const born = ({ token }: Found): number => partsOfToken(token)?.born ?? -1;
  return strangers.toSorted((a, b) => born(b) - born(a))[0]?.stateId ?? null;
}
