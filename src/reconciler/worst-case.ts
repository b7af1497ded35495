import { fromTimestamp } from "../lib/timestamp.ts";
import type { ReplicaRecord, ServiceRecord } from "../state/record.ts";
import { fewestServing, reducedSeconds } from "./course-figures.ts";
import { deploymentOf, isServing } from "./decide/draft.ts";
import type { Failure, Scene, WorstCase } from "./rehearsal.ts";
import { rehearseWith } from "./rehearse-once.ts";
import type { Course, Stage } from "./rehearse-once.ts";

/** The most harmful of the failures that an exchange is likely to meet, each of them rehearsed; `null`: nothing that serves is exchanged. */
export function worstCase(record: ServiceRecord, scene: Scene, course: Course): WorstCase | null {
  const cases = candidates(record, course).map((candidate) => caseOf(candidate, { record, scene, course }));
  return cases.toSorted(byHarm)[0] ?? null;
}

interface Candidate {
  readonly kind: Failure["kind"];
  readonly replica: ReplicaRecord;
  /** Right after this one. */
  readonly stage: Stage;
}

/** The moments of least reserve: the first old one has left, or something new was asked for where none leaves; and the last one has left. */
function candidates(record: ServiceRecord, { stages }: Course): readonly Candidate[] {
  const old = new Set(record.replicas.filter(isServing).map((replica) => replica.token));
  const begins = stages.find((stage) => stage.record.replicas.some((replica) => replica.status === "submitted"));
  if (old.size === 0 || begins === undefined) return [];
  const left = stages.filter((stage, index) => {
    const before = index === 0 ? old.size : serving(stages[index - 1], old).length;
    return serving(stage, old).length < before;
  });
  const first = left[0];
  const last = left.at(-1);
  return [...dying(first ?? begins, old), ...turningBad(first, old), ...(last === first ? [] : turningBad(last, old))];
}

/** One that served before ends. */
function dying(stage: Stage | undefined, old: ReadonlySet<string>): readonly Candidate[] {
  const replica = serving(stage, old)[0];
  return stage === undefined || replica === undefined ? [] : [{ kind: "dies", replica, stage }];
}

/** The newest fails its probes; without any that would show it, it ends. */
function turningBad(stage: Stage | undefined, old: ReadonlySet<string>): readonly Candidate[] {
  const fresh = (stage?.record.replicas ?? []).filter((replica) => isServing(replica) && !old.has(replica.token));
  const replica = fresh.toSorted((a, b) => readyTime(b) - readyTime(a))[0];
  if (stage === undefined || replica === undefined) return [];
  const { probes } = deploymentOf(stage.record, replica.deployment).spec;
  const shows = probes.some((probe) => !probe.until_ready);
  return [{ kind: shows ? "turns-bad" : "dies", replica, stage }];
}

function serving(stage: Stage | undefined, old: ReadonlySet<string>): readonly ReplicaRecord[] {
  return (stage?.record.replicas ?? []).filter((replica) => isServing(replica) && old.has(replica.token));
}

function readyTime({ readyAt }: ReplicaRecord): number {
  return readyAt === null ? 0 : fromTimestamp(readyAt);
}

function caseOf(
  { kind, replica, stage }: Candidate,
  { record, scene, course }: { readonly record: ServiceRecord; readonly scene: Scene; readonly course: Course },
): WorstCase {
  const at = stage.at + 1;
  const failed = rehearseWith({ kind, token: replica.token, at }, stage, course);
  return {
    failure: {
      kind,
      replica: replica.num,
      deployment: replica.deployment,
      at: Math.round((at - scene.now) / 1000),
    },
    end: failed.end,
    fewestServing: fewestServing(failed),
    reducedSeconds: reducedSeconds(failed, record.target?.floor ?? 0),
    extraSeconds: Math.max(0, Math.round((failed.endedAt - course.endedAt) / 1000)),
  };
}

function byHarm(one: WorstCase, other: WorstCase): number {
  return (
    one.fewestServing - other.fewestServing ||
    other.reducedSeconds - one.reducedSeconds ||
    other.extraSeconds - one.extraSeconds
  );
}
