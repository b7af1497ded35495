import type { Offer } from "../../src/backends/backend.ts";
import type { Policy } from "../../src/config/settings.ts";
import type { Plan } from "../../src/reconciler/plan-document.ts";
import { makePlan } from "../../src/reconciler/plan.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { service } from "../config/parsing.ts";
import { now, offer, policy } from "./decisions.ts";

/** The state that has these records, and nothing else. */
export function snapshotOf(...records: readonly ServiceRecord[]): Snapshot {
  const services = records.map((record) => [record.name, { record, intents: [], lease: null }] as const);
  return { commit: null, generation: 7, stateId: "s", services: new Map(services) };
}

interface Planning {
  readonly snapshot?: Snapshot;
  readonly policy?: Policy;
  readonly offer?: Offer;
}

/** The plan of a repository that has these service files and no others. */
export function planOf(files: readonly string[], planning: Planning = {}): Plan {
  const sources = files.map((text) => service(text));
  const names = new Set(sources.map(({ spec }) => spec.name));
  const snapshot = planning.snapshot ?? snapshotOf();
  const supply = { offers: [planning.offer ?? offer], taken: [], refusal: null, lack: null, missingEnv: [] };
  return makePlan({
    desired: sources.map((source) => ({ source, contents: [], repos: [] })),
    removed: [...snapshot.services.keys()].filter((name) => !names.has(name)),
    snapshot,
    supply: new Map([...names].map((name) => [name, supply])),
    policy: planning.policy ?? policy,
    tokens: true,
    ref: null,
    profile: null,
    commit: null,
    byHand: true,
    now,
    diagnostics: [],
  });
}
