import type { Settings } from "../config/settings.ts";
import { currentDeployment } from "../reconciler/decide/draft.ts";
import type { ServiceRecord } from "../state/record.ts";
import { openNotes } from "./open-notes.ts";
import type { Note } from "./open-notes.ts";
import { replicaMarks } from "./replica-marks.ts";
import type { ServiceSummary } from "./service-summary.ts";
import { serviceUrl } from "./service-url.ts";
import { restText } from "./status.ts";

/** One service as the status page shows it. Nothing of it is escaped. */
export interface ServiceLine extends ServiceSummary {
  /** Why nothing of it is wanted now; `null`: it is. */
  readonly rest: string | null;
  /** The commit that its deployment is from, in short; `null`: a work tree. */
  readonly commit: string | null;
  /** Probe symbols of each replica that has any. */
  readonly marks: readonly string[];
  readonly url: string | null;
  /** What is open about it; empty: it has settled. */
  readonly notes: readonly Note[];
}

const lines = new WeakMap<ServiceSummary, ServiceLine>();

/** A service's line. The same summary has the same one. It says nothing of now, so that the same state gives the same page. */
export function serviceLine(summary: ServiceSummary, settings: Settings): ServiceLine {
  const known = lines.get(summary);
  if (known !== undefined) return known;
  const { record } = summary;
  const line = {
    ...summary,
    rest: restText(record),
    commit: currentDeployment(record).commit?.slice(0, 7) ?? null,
    marks: marksOf(record),
    url: serviceUrl(record, settings),
    notes: summary.isOpen ? openNotes(summary.state) : [],
  };
  lines.set(summary, line);
  return line;
}

function marksOf(record: ServiceRecord): readonly string[] {
  return record.replicas.map((replica) => replicaMarks(replica, record)).filter((marks) => marks !== "");
}
