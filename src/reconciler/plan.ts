import { digest } from "../lib/digest.ts";
import type { Revision } from "./accept.ts";
import { shortageOf, withinBudgets } from "./plan-budget.ts";
import type { Plan, PlanInput, PlannedService } from "./plan-document.ts";
import { withOrder } from "./plan-order.ts";
import { planRemoval } from "./plan-removal.ts";
import { withRenames } from "./plan-rename.ts";
import { planService } from "./plan-service.ts";
import { withStrangers } from "./plan-strangers.ts";

/** What is to become of every service. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): Plan {
  const planned = planEach(input).sort((a, b) => (a.name < b.name ? -1 : 1));
  const ordered = withRenames(withOrder(withinBudgets(planned, input), input), input);
  const services = withStrangers(ordered, input.seen);
  const contracts = services.map((service) => contractOf(service, input));
  return {
    id: digest({ services: contracts, policy: input.policy }),
    contracts: new Map(contracts.map((contract) => [contract.name, digest({ contract, policy: input.policy })])),
    base: input.snapshot.commit,
    ref: input.ref,
    profile: input.profile,
    services,
    diagnostics: input.diagnostics,
  };
}

/** How a service is exchanged may depend on the money that the others of the same plan leave it. */
function planEach(input: PlanInput): PlannedService[] {
  const desired = input.desired.map((service) => planService(service, input));
  const all = [...desired, ...input.removed.flatMap((name) => planRemoval(name, input))];
  return all.map((planned, index) => {
    const service = input.desired[index];
    const shortage = service === undefined ? null : shortageOf(planned, all, input);
    return service === undefined || shortage === null ? planned : planService(service, input, shortage);
  });
}

function contractOf(service: PlannedService, input: PlanInput) {
  const record = input.snapshot.services.get(service.name)?.record ?? null;
  const { name, action, safety, revision } = service;
  return {
    name,
    action,
    safety,
    effects: service.changes.map(({ path, effect }) => [path, effect]),
    desired: revision === null ? null : desiredOf(revision),
    recorded: record?.target?.fingerprint ?? null,
  };
}

function desiredOf({ fingerprint, files, repos = [] }: Revision): readonly unknown[] {
  const contents = files.map(({ path, content }) => [path, content]);
  return [fingerprint, contents, ...(repos.length === 0 ? [] : [repos])];
}
