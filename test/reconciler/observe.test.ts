import { describe, expect, it } from "vitest";

import type { Backend, ObservedInstance } from "../../src/backends/backend.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Publisher } from "../../src/proxy-config/publisher.ts";
import { createListing } from "../../src/reconciler/listing.ts";
import { observe } from "../../src/reconciler/observe.ts";
import type { Observed } from "../../src/reconciler/observed.ts";
import { createProber } from "../../src/reconciler/prober.ts";
import type { Probed, Prober } from "../../src/reconciler/prober.ts";
import type { World } from "../../src/reconciler/world.ts";
import { memoryStore } from "../../src/state/memory.ts";
import type { ServiceRecord } from "../../src/state/record.ts";
import { pathRoute, startGateway, startReplica } from "../proxy-config/servers.ts";
import { instanceOf, serving, settled } from "../support/decisions.ts";

const leaseOwner = { run: "1", attempt: 1, nonce: "n", host: null, boot: null, pid: null, pidStart: null } as const;

/** What is seen of a service by a run that has no backends, only a gateway, unless some are given. */
async function observed(
  record: ServiceRecord,
  publisher: Publisher,
  { backends = [], prober }: { backends?: readonly Backend[]; prober?: Prober } = {},
): Promise<Observed> {
  const owner = { project: "main", repository: "r", stateId: "s" };
  const world: World = {
    clock: systemClock,
    store: memoryStore({ clock: systemClock }),
    backends: new Map(backends.map((backend) => [backend.name, backend])),
    publisher,
    probe: async () => ({ ok: true, status: 200, error: null }),
    env: () => undefined,
    leaseOwner,
    isAlive: async () => "unknown",
    owner,
    emit: () => {},
  };
  const snapshot = { commit: null, generation: 1, stateId: "s", services: new Map() };
  const listing = createListing(backends, owner);
  const observer = { world, prober: prober ?? createProber(world, () => {}), listing, owner, snapshot, published: 1 };
  return observe(observer, record, new Map(), new AbortController().signal);
}

/** A service with one replica of deployment 0 and one of the canary. */
function canary(): ServiceRecord {
  const record = settled();
  const [old] = record.deployments;
  if (old === undefined) throw new Error("a settled service has a deployment");
  const fresh = { ...old, num: 1, settledAt: null, canary: { step: 0, replicas: 1, since: null, share: 0.5 } };
  return { ...record, current: 1, deployments: [old, fresh], replicas: [serving(0, 0), serving(1, 1)] };
}

const silent: Publisher = {
  publish: async () => ({ acknowledged: true }),
  status: async () => ({ generation: 1, inFlight: {} }),
};

describe("observe() sees traffic", () => {
  it("of the recorded replicas while a canary is watched, as the gateway counts it", async () => {
    const record = canary();
    const [one = "", two = ""] = record.replicas.map(({ token }) => token);
    await using old = await startReplica(one, (_, response) => response.end());
    await using fresh = await startReplica(two, (_, response) => response.writeHead(500).end());
    await using stranger = await startReplica("other-1-1", (_, response) => response.end());
    await using gateway = await startGateway([
      pathRoute("web", [old.upstream, fresh.upstream]),
      pathRoute("other", [stranger.upstream]),
    ]);
    for (let round = 0; round < 4; round += 1) await (await fetch(`${gateway.origin}/proxy/services/main/web/`)).text();
    await expect.poll(async () => (await observed(record, gateway.publisher)).traffic.get(two)?.requests).toBe(2);
    const { traffic } = await observed(record, gateway.publisher);
    expect([...traffic.keys()]).toEqual([one, two]);
    expect(traffic.get(one)).toMatchObject({ requests: 2, errors: 0 });
    expect(traffic.get(two)).toMatchObject({ requests: 2, errors: 2 });
  });

  it.each([
    ["the gateway does not count", silent],
    ["no gateway is up", { ...silent, status: async () => null }],
    ["the gateway cannot be asked", { ...silent, status: () => Promise.reject(new Error("no answer")) }],
  ] as const)("of nobody where %s", async (_, publisher) => {
    expect((await observed(canary(), publisher)).traffic).toEqual(new Map());
  });

  const rollout = canary();
  const ended = rollout.deployments.map((deployment) => ({ ...deployment, settledAt: deployment.acceptedAt }));
  it.each([
    ["without a canary", settled()],
    ["once the canary has settled", { ...rollout, deployments: ended }],
  ])("of nobody %s: it does not even ask", async (_, record) => {
    const asked = { ...silent, status: () => expect.fail("it asked") };
    expect((await observed(record, asked)).traffic).toEqual(new Map());
  });
});

describe("observe() sees what has nothing in flight any more", () => {
  it.each([
    ["of routes that no longer have it", 1, ["web-3-1"]],
    ["never of older routes, which may still have it", 0, []],
  ] as const)("%s", async (_, generation, tokens) => {
    const [first, ...others] = settled().replicas;
    if (first === undefined) throw new Error("a settled service has replicas");
    const record: ServiceRecord = { ...settled(), replicas: [{ ...first, status: "terminating" }, ...others] };
    const publisher: Publisher = {
      publish: async () => ({ acknowledged: true }),
      status: async () => ({ generation, inFlight: {} }),
    };
    expect([...(await observed(record, publisher)).drained]).toEqual(tokens);
  });
});

describe("observe() follows probes", () => {
  it("of what a blind listing does not show, but not of what was out of reach when one last did", async () => {
    const [first, second] = settled().replicas;
    if (first === undefined || second === undefined) throw new Error("expected two replicas");
    const away = { ...second, unreachableSince: "2026-01-01T11:59:00.000Z" };
    const { probes } = await observed({ ...settled(), replicas: [first, away] }, silent);
    expect(probes.get(first.token)).toHaveLength(1);
    expect(probes.get(away.token)).toEqual([]);
  });

  it("anew of what served and is not listed, where the listing is not blind", async () => {
    const record = settled();
    const [first, second] = record.replicas;
    if (first === undefined || second === undefined) throw new Error("expected two replicas");
    const replicas = [first, { ...second, readyAt: null }];
    const followed = async (list: Backend["list"]): Promise<readonly (boolean | undefined)[]> => {
      let probed: readonly Probed[] = [];
      const prober: Prober = { follow: (wanted) => (probed = wanted), streaks: () => [], stop: () => {} };
      const backend: Backend = {
        kind: "machine",
        name: "local",
        dedupes: true,
        visibility: 0,
        poll: { busy: 1, idle: 1 },
        list,
        offers: async () => ({ ok: true, offers: [], notes: [] }),
        find: async () => null,
        provision: () => expect.fail("it provisioned"),
        terminate: () => expect.fail("it terminated"),
        async *logs() {},
      };
      await observed({ ...record, replicas }, silent, { backends: [backend], prober });
      return probed.map(({ isDoubted }) => isDoubted);
    };
    const listed: readonly ObservedInstance[] = record.replicas.map((each) => instanceOf(each));
    expect(await followed(async () => [])).toEqual([true, false]);
    expect(await followed(async () => listed)).toEqual([false, false]);
    expect(await followed(() => Promise.reject(new Error("timed out")))).toEqual([undefined, undefined]);
  });
});
