import { fingerprint } from "../config/fingerprint.ts";
import type { ServiceSpec } from "../config/spec.ts";
import type { ServiceRecord } from "../state/record.ts";
import { servingDeployment } from "./accept.ts";
import type { PlanInput, PlannedService } from "./plan-document.ts";

/** A plan's services, with those flagged that look like one service under another name: no service is ever renamed. */
export function withRenames(services: readonly PlannedService[], { snapshot }: PlanInput): readonly PlannedService[] {
  const gone = services.filter(({ action }) => action === "destroy");
  const pairs = new Map<string, string>();
  for (const service of services.filter(({ action }) => action === "create")) {
    const from = gone.find(
      ({ name }) => !pairs.has(name) && isSameButName(service, snapshot.services.get(name)?.record ?? null),
    );
    if (from !== undefined) pairs.set(from.name, service.name).set(service.name, from.name);
  }
  return services.map((service) => {
    const other = pairs.get(service.name);
    if (other === undefined) return service;
    const text =
      service.action === "create"
        ? `the same as \`${other}\` but for its name: a second set of replicas is started, \`${other}\` is removed once this one serves, and the URL changes with the name`
        : `the same as \`${other}\` but for its name: removed once \`${other}\` serves under its own URL; whoever uses this one's has to change`;
    return { ...service, reasons: [...service.reasons, { about: "rename", text }] };
  });
}

function isSameButName({ revision }: PlannedService, record: ServiceRecord | null): boolean {
  if (revision === null || record === null) return false;
  return nameless(revision.spec) === nameless(servingDeployment(record).spec);
}

function nameless(spec: ServiceSpec): string {
  return fingerprint({ ...spec, name: "" });
}
