import type { ObservedInstance } from "../backends/backend.ts";
import { formatPrice } from "../lib/format-price.ts";
import type { Inventory } from "./inventory.ts";

type Told = Pick<ObservedInstance, "token" | "service" | "price" | "instance"> & { readonly backend?: string };

/** What to do about instances that no state knows. */
export const repairHint =
  "if commits of the state branch are missing, push them again; else look with `dstack-gitops state repair`, which adopts or removes them";

/** Why a service is left alone whose record is older than what runs. */
export function olderText(strangers: readonly Told[]): string {
  const these = strangers.length === 1 ? "1 instance runs" : `${strangers.length} instances run`;
  return `${these} that the state does not know (${listText(strangers)}): it is older than what runs, or another one; nothing is changed until \`dstack-gitops state repair\``;
}

/** `web-3-1 on cloud ($0.22/h), web-3-2 on cloud ($0.22/h)`, of many the first. */
export function listText(instances: readonly Told[]): string {
  const shown = instances.slice(0, 5).map(({ token, backend, price }) => {
    return `${token}${backend === undefined ? "" : ` on ${backend}`} (${formatPrice(price)}/h)`;
  });
  return instances.length > 5 ? `${shown.join(", ")} and ${instances.length - 5} more` : shown.join(", ");
}

/** What instances cost together: `$0.44/h`. */
export function costText(instances: readonly Pick<Told, "price">[]): string {
  return `${formatPrice(instances.reduce((sum, { price }) => sum + price, 0))}/h`;
}

/** That a backend did not say what it has. */
export function blindText([backend, reason]: readonly [string, string]): string {
  return `${backend} could not be listed (${reason}): whatever it has is not known, and nothing there is changed`;
}

/** What is to be said of an inventory, besides what is ended: an instance a line, and what the unknown ones cost together. With a name, of that service alone. */
export function inventoryLines(
  { orphans, strangers, blind }: Pick<Inventory, "orphans" | "strangers" | "blind">,
  only: string | null = null,
): readonly string[] {
  const [paused, unknown] = [orphans.paused, orphans.unknown].map((found) =>
    found.filter(({ service }) => only === null || service === only),
  );
  return [
    ...[...blind].map((entry) => `warning: ${blindText(entry)}`),
    ...(paused ?? []).map(
      ({ backend, token, service }) =>
        `warning: ${backend} runs ${token} (${service}), which was given up; it is ended once the service is resumed`,
    ),
    ...(unknown ?? []).map(
      (found) =>
        `warning: ${found.backend} runs ${found.token} (${found.service}, ${costText([found])}), which this state does not know; it is left alone`,
    ),
    ...(unknown === undefined || unknown.length === 0
      ? []
      : [
          `warning: what this state does not know costs ${costText(unknown)} together${strangers.length === 0 ? "" : `; ${repairHint}`}`,
        ]),
  ];
}
