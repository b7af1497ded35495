import type { Intent, ReplicaRecord, ServiceRecord } from "../state/record.ts";

/** The calls that a record announces: written with it, before they are made, and gone with their results. */
export function intentsOf(record: ServiceRecord | null): readonly Intent[] {
  return (record?.replicas ?? []).flatMap((replica) => {
    if (replica.status === "submitted") return [intent("provision", record, replica, replica.submittedAt)];
    if (replica.status === "terminating")
      return [intent("terminate", record, replica, replica.termination?.since ?? replica.submittedAt)];
    return [];
  });
}

function intent(kind: Intent["kind"], record: ServiceRecord | null, replica: ReplicaRecord, openedAt: string): Intent {
  return {
    kind,
    service: record?.name ?? "",
    replica: replica.num,
    deployment: replica.deployment,
    token: replica.token,
    backend: replica.backend,
    instance: replica.instance,
    openedAt,
  };
}
