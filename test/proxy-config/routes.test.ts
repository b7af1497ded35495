import { describe, expect, it } from "vitest";

import type { GatewaySettings } from "../../src/config/settings.ts";
import type { ServiceSpec } from "../../src/config/spec.ts";
import { type Route, routesOf } from "../../src/proxy-config/routes.ts";
import type { DeploymentRecord, ReplicaRecord, ServiceRecord } from "../../src/state/record.ts";
import { specOf } from "../support/specs.ts";

const time = "2026-01-01T00:00:00Z";
const main: GatewaySettings = {
  name: "main",
  type: "embedded",
  default: true,
  listen: { host: "127.0.0.1", port: 3000 },
  domain: null,
};
const edge: GatewaySettings = { ...main, name: "edge", type: "nginx", default: false, domain: "example.com" };
const place = { project: "main", service: "web", gateway: "main" };
const path = { kind: "path", prefix: "/proxy/services/main/web/", strip: true } as const;

function deployment(num: number, run: number, spec: Partial<ServiceSpec> = {}): DeploymentRecord {
  const identity = { fingerprint: `sha256:${num}`, job: `sha256:${num}`, acceptance: num, restarts: 0 };
  const origin = { file: "web.dstack.yml", files: [], commit: null, acceptedAt: time, settledAt: null, bakedAt: null };
  return { num, run, spec: specOf(spec), ...identity, ...origin };
}

function replica(token: string, deploymentNum: number, overrides: Partial<ReplicaRecord> = {}): ReplicaRecord {
  const where = { backend: "local", region: "local", price: 0, instance: token } as const;
  const times = { submittedAt: time, runningAt: time, readyAt: time, termination: null, error: null, failures: 0 };
  const address = { kind: "unix", path: `/run/${token}` } as const;
  return { num: 0, deployment: deploymentNum, token, status: "running", address, ...where, ...times, ...overrides };
}

function record(
  deployments: readonly DeploymentRecord[],
  replicas: readonly ReplicaRecord[],
  overrides: Partial<ServiceRecord> = {},
): ServiceRecord {
  const progress = {
    born: 1,
    target: null,
    current: 0,
    run: 0,
    attempts: 1,
    quarantined: [],
    verdict: null,
    scaled: null,
    window: null,
    paused: null,
  };
  return { name: "web", deployments, replicas, ...progress, ...overrides };
}

function routes(
  records: readonly ServiceRecord[],
  gateways: readonly GatewaySettings[] = [main, edge],
): readonly Route[] {
  const services = new Map(records.map((service) => [service.name, { record: service }]));
  return routesOf({ services }, { project: "main", gateways });
}

const upstream = (id: string) => ({ id, address: { kind: "unix", path: `/run/${id}` } as const });

describe("routesOf() routes a replica", () => {
  const cases: readonly (readonly [string, Partial<ReplicaRecord>, boolean])[] = [
    ["that is ready", {}, true],
    ["not before it was ready", { readyAt: null }, false],
    ["not without an address", { address: null }, false],
    ["not while it is pulled", { status: "pulling" }, false],
    ["not once it has failed", { status: "failed" }, false],
    ["not once it is to leave", { termination: { reason: "replaced", since: time, drainUntil: time } }, false],
  ];
  it.each(cases)("%s", (_, overrides, routed) => {
    const [route] = routes([record([deployment(0, 0)], [replica("web-1", 0, overrides)])]);
    expect(route).toEqual({ ...place, match: path, auth: false, upstreams: routed ? [upstream("web-1")] : [] });
  });
});

describe("routesOf() takes", () => {
  it("replicas of every deployment of the current run, sorted, and of no other run", () => {
    const replicas = [replica("web-3", 1), replica("web-1", 0), replica("web-9", 2)];
    const [route] = routes([record([deployment(0, 0), deployment(1, 0), deployment(2, 1)], replicas)]);
    expect(route?.upstreams).toEqual([upstream("web-1"), upstream("web-3")]);
  });

  it("properties from the newest deployment of the current run", () => {
    const deployments = [
      deployment(1, 0, { auth: true, strip_prefix: false }),
      deployment(0, 0),
      deployment(2, 1, { gateway: "edge" }),
    ];
    const [route] = routes([record(deployments, [])]);
    expect(route).toEqual({ ...place, match: { ...path, strip: false }, auth: true, upstreams: [] });
  });

  it("weights from a canary that has a share of the requests", () => {
    const canary = {
      ...deployment(1, 0),
      settledAt: null,
      canary: { step: 0, replicas: 1, since: null, share: 0.1 },
    };
    const unready = replica("web-4", 1, { readyAt: null });
    const replicas = [replica("web-1", 0), replica("web-2", 0), replica("web-3", 1), unready];
    const at = "2026-01-01T00:00:00Z";
    const accepted = { fingerprint: "", acceptance: 1, commit: null, planId: "", by: "me", acceptedAt: at, floor: 2 };
    const target = { ...accepted, deployment: 1 };
    const [route] = routes([record([deployment(0, 0), canary], replicas, { current: 1, target })]);
    const weights = route?.upstreams.map(({ id, weight }) => [id, weight]);
    expect(weights).toEqual([
      ["web-1", 9],
      ["web-2", 9],
      ["web-3", 2],
    ]);
  });

  it("no weights while the canary is of a run that is not routed yet", () => {
    const canary = { ...deployment(1, 1), canary: { step: 0, replicas: 1, since: null, share: 0.1 } };
    const replicas = [replica("web-1", 0), replica("web-2", 1)];
    const [route] = routes([record([deployment(0, 0), canary], replicas, { current: 1 })]);
    expect(route?.upstreams).toEqual([upstream("web-1")]);
  });

  it("nothing from services that are not there (any more)", () => {
    expect(routes([record([], [])])).toEqual([]);
    expect(routesOf({ services: new Map([["web", { record: null }]]) }, { project: "main", gateways: [main] })).toEqual(
      [],
    );
  });

  it("services in the order of their gateways and names", () => {
    const named = (name: string, gateway: string | null) => record([deployment(0, 0, { name, gateway })], [], { name });
    const all = routes([named("b", null), named("a", null), named("z", "edge")]);
    expect(all.map(({ gateway, service }) => `${gateway}/${service}`)).toEqual(["edge/z", "main/a", "main/b"]);
  });
});

describe("routesOf() places", () => {
  const host = { gateway: "edge", match: { kind: "host", host: "web.example.com" } };
  const cases: readonly (readonly [string, ServiceSpec["gateway"], readonly GatewaySettings[], object | null])[] = [
    ["by default on the default gateway", null, [edge, main], { gateway: "main", match: path }],
    ["by name on that gateway", "edge", [main, edge], host],
    ["nowhere by a name that there is not", "lost", [main, edge], null],
    ["nowhere without a default", null, [edge], null],
    ["on a domain by host name", null, [{ ...edge, default: true }], host],
    ["on a wildcard by host name", null, [{ ...edge, default: true, domain: "*.example.com" }], host],
    ["`gateway: false` on the embedded gateway", false, [edge, main], { gateway: "main", match: path }],
    [
      "`gateway: false` by path even on a domain",
      false,
      [{ ...main, domain: "x.org" }],
      { gateway: "main", match: path },
    ],
    ["`gateway: false` nowhere without an embedded one", false, [edge], null],
  ];
  it.each(cases)("%s", (_, gateway, gateways, expected) => {
    const [route] = routes([record([deployment(0, 0, { gateway })], [])], gateways);
    expect(route === undefined ? null : { gateway: route.gateway, match: route.match }).toEqual(expected);
  });
});
