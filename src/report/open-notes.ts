import { formatShare } from "../lib/format-share.ts";
import { canaryText } from "../reconciler/decide/canary.ts";
import { currentDeployment } from "../reconciler/decide/draft.ts";
import { desiredReplicas } from "../reconciler/decide/scale.ts";
import { isGoingBack } from "../reconciler/decide/stuck.ts";
import type { ReplicaRecord, ServiceRecord, ServiceState } from "../state/record.ts";
import type { Traffic, Verdict } from "../state/verdict.ts";
import { answerText } from "./probe-text.ts";
import { secondText } from "./readable-time.ts";
import { missedParts, replicaMarks } from "./replica-marks.ts";
import { replicaText } from "./status.ts";

/** Something that is open about a service: a word for what it is, and the rest. Not escaped. */
export interface Note {
  readonly label: string;
  readonly text: string;
}

/** Of a service with very many replicas or calls the first tell enough. */
const mostShown = 8;

/** What is open about a service, with structured evidence: what stands in its way first, then who works on it, then its replicas. */
export function openNotes({ record, intents, lease }: ServiceState): readonly Note[] {
  if (record === null) return [];
  return [
    ...pauseNotes(record),
    ...(record.verdict === null ? [] : verdictNotes(record.verdict)),
    ...targetNotes(record),
    ...brakeNotes(record),
    ...record.quarantined.map(({ deployment, at }) => ({
      label: "quarantined",
      text: `deployment ${deployment} since ${secondText(at)}; lifted by "retry ${record.name}"`,
    })),
    ...(lease === null
      ? []
      : [
          {
            label: "being worked on",
            text: `by ${lease.owner.run} since ${secondText(lease.acquiredAt)}, until ${secondText(lease.deadline)} at most${lease.handOver ? "; asked to hand over" : ""}`,
          },
        ]),
    ...shortened(intents).map(({ kind, replica, backend, openedAt }) => ({
      label: "call under way",
      text: `${kind} replica ${replica} on ${backend}, announced at ${secondText(openedAt)}`,
    })),
    ...more(intents, "calls"),
    ...shortened(record.replicas).map((replica) => replicaNote(replica, record)),
    ...more(record.replicas, "replicas"),
  ];
}

function pauseNotes({ paused }: ServiceRecord): readonly Note[] {
  return paused === null
    ? []
    : [{ label: "paused", text: `by ${paused.by} since ${secondText(paused.at)}: no pass touches it` }];
}

function verdictNotes({ code, at, message, evidence, replica }: Verdict): readonly Note[] {
  const { exitCode, probes = [], missing = [], backend, cause, traffic } = evidence;
  const about = [replica === null ? null : `replica ${replica}`, backend === undefined ? null : `on ${backend}`];
  const where = about.filter((part) => part !== null).join(" ");
  return [
    { label: `verdict ${code}`, text: `at ${secondText(at)}: ${message}${where === "" ? "" : ` (${where})`}` },
    ...probes.map((answer) => ({ label: `probe ${answer.probe}`, text: `${answer.url}: ${answerText(answer)}` })),
    ...(exitCode === undefined ? [] : [{ label: "exit code", text: String(exitCode) }]),
    ...(missing.length === 0 ? [] : [{ label: "missing", text: missing.join(", ") }]),
    ...Object.entries(traffic ?? {}).map(([which, counted]) => ({
      label: `${which} version`,
      text: trafficText(counted),
    })),
    ...(cause === undefined || message.includes(cause) ? [] : [{ label: "before that", text: cause }]),
  ];
}

function trafficText({ requests, errors, seconds }: Traffic): string {
  const share = requests === 0 ? "" : ` (${formatShare(errors / requests)})`;
  return `${errors} of ${requests} requests failed${share}, ${seconds.toFixed(3)} s on average`;
}

function targetNotes(record: ServiceRecord): readonly Note[] {
  const { target, current } = record;
  if (target === null) return [{ label: "removal", text: "was accepted: what it still has is ended" }];
  if (isGoingBack(record))
    return [
      {
        label: "went back",
        text: `deployment ${target.deployment} was accepted, passes work towards ${current} instead`,
      },
    ];
  const { settledAt, canary } = currentDeployment(record);
  if (settledAt !== null) return countNotes(record);
  const step = canary === undefined ? "" : `, canary step ${canary.step + 1} (${canaryText(canary)})`;
  return [
    {
      label: "rollout",
      text: `deployment ${current}, accepted at ${secondText(target.acceptedAt)}, has not settled yet${step}`,
    },
  ];
}

function countNotes(record: ServiceRecord): readonly Note[] {
  const wanted = desiredReplicas(record);
  const { length } = record.replicas;
  return length === wanted ? [] : [{ label: "replicas", text: `${length} there, ${wanted} wanted` }];
}

function brakeNotes({ brake }: ServiceRecord): readonly Note[] {
  if (brake?.heldSince === undefined) return [];
  const consent = brake.consentedAt === undefined ? "" : `; consented at ${secondText(brake.consentedAt)}`;
  return [{ label: "brake", text: `holds what is missed since ${secondText(brake.heldSince)}${consent}` }];
}

function replicaNote(replica: ReplicaRecord, record: ServiceRecord): Note {
  const { num, deployment, backend, region, readyAt, termination, error } = replica;
  const marks = replicaMarks(replica, record);
  const parts = [
    `${marks === "" ? "" : `${marks} `}${replicaText(replica, record)}`,
    ...(replica.status === "failed" ? [] : [readyAt === null ? "not ready" : `ready since ${secondText(readyAt)}`]),
    `deployment ${deployment}`,
    `on ${backend} (${region})`,
    ...missedParts(replica, secondText),
    ...(termination === null ? [] : [`${termination.reason} at ${secondText(termination.since)}`]),
    ...(error === null ? [] : [`${error.code}: ${error.message}`]),
    ...(error === null || replica.status !== "failed" ? [] : [`next attempt not before ${secondText(error.retryAt)}`]),
  ];
  return { label: `replica ${num}`, text: parts.join(", ") };
}

function shortened<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, mostShown);
}

function more(items: readonly unknown[], what: string): readonly Note[] {
  return items.length <= mostShown ? [] : [{ label: "more", text: `${items.length - mostShown} further ${what}` }];
}
