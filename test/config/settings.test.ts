import { describe, expect, it } from "vitest";

import { checkGateways, gatewayOf } from "../../src/config/gateways.ts";
import { parseSettings } from "../../src/config/settings-file.ts";
import { defaultHistory, defaultPolicy } from "../../src/config/settings.ts";
import { file, service, shorts } from "./parsing.ts";

const defaults = {
  project: "main",
  exclude: [],
  state: { branch: "dstack-state", remote: null, public: false, history: defaultHistory, lease: { ttl: 900, skew: 0 } },
  backends: [{ type: "local" }],
  gateways: [
    { name: "main", type: "embedded", default: true, listen: { host: "127.0.0.1", port: 3000 }, domain: null },
  ],
  auth: { tokens: ["DSTACK_TOKEN"] },
  policy: defaultPolicy,
};

function parse(text: string): ReturnType<typeof parseSettings> {
  return parseSettings(file(text, ".dstack/gitops.yml"));
}

describe("parseSettings()", () => {
  it.each([
    ["no file", null],
    ["an empty file", ""],
    ["comments", "# nothing yet\n"],
    ["an empty mapping", "{}"],
  ])("gives the defaults for %s", (_, text) => {
    expect(text === null ? parseSettings(null) : parse(text)).toEqual({ settings: defaults, diagnostics: [] });
  });

  it.each([
    ["project: prod", { project: "prod" }],
    ["state: {history: {commits: 500, age: 30d}}", { state: { history: { commits: 500, age: 30 * 86_400 } } }],
    ["state: {history: {commits: off, age: 'off'}}", { state: { history: { commits: null, age: null } } }],
    ["exclude: [test/**]", { exclude: ["test/**"] }],
    ["state: {branch: dstack/prod}", { state: { branch: "dstack/prod", remote: null } }],
    ["state: {remote: origin}", { state: { branch: "dstack-state", remote: "origin", public: false } }],
    [
      "backends: [{type: local}, {type: ssh, hosts: [a], weight: 1.50, nested: {on: yes}}]",
      {
        backends: [{ type: "local" }, { type: "ssh", hosts: ["a"], weight: 1.5, nested: { True: true } }],
        state: { remote: "origin" },
      },
    ],
    ["state: {lease: {ttl: 1m}}", { state: { lease: { ttl: 60, skew: 0 } } }],
    ["state: {remote: origin, lease: {}}", { state: { lease: { ttl: 900, skew: 300 } } }],
    ["state: {remote: origin, lease: {ttl: 1h}}", { state: { lease: { ttl: 3600, skew: 300 } } }],
    ["state: {remote: origin, lease: {ttl: 30s}}", { state: { lease: { ttl: 30, skew: 10 } } }],
    ["state: {remote: origin, lease: {ttl: 30s, skew: 0}}", { state: { lease: { ttl: 30, skew: 0 } } }],
    ["state: {lease: {ttl: 10s, skew: 5s}}", { state: { lease: { ttl: 10, skew: 5 } } }],
    ["backends: [{type: aws}]\nstate: {remote: none}", { state: { branch: "dstack-state", remote: null } }],
    [
      "backends: [{type: aws}]\nstate: {remote: 'git@example.com:state.git'}",
      { state: { remote: "git@example.com:state.git" } },
    ],
    [
      "gateways: [{name: edge, type: nginx, domain: example.com}]",
      {
        gateways: [
          { name: "edge", type: "nginx", default: true, listen: { host: "0.0.0.0", port: 80 }, domain: "example.com" },
        ],
      },
    ],
    [
      "gateways: [{name: a, type: embedded, listen: '[::1]:0'}, {name: b, type: envoy, default: true}]",
      {
        gateways: [
          { name: "a", default: false, listen: { host: "::1", port: 0 } },
          { name: "b", default: true },
        ],
      },
    ],
    ["gateways: []", { gateways: [] }],
    ["auth: {tokens: [A, B]}", { auth: { tokens: ["A", "B"] } }],
    [
      "policy: {rollout: {bake: 1m, drain: 5m, startup: 20m, failure_threshold: 5}, heal: {unhealthy_after: 3}, brake: {destroy: 0}}",
      {
        policy: {
          rollout: { bake: 60, drain: 300, startup: 1200, failureThreshold: 5 },
          heal: { unhealthyAfter: 3 },
          brake: { destroy: 0 },
        },
      },
    ],
    [
      "policy: {budget: {hourly: 12.5}, brake: {services: 20%}, waves: [[a], [b, c]], schedule: {lead: 5m, catch_up: 1h}}",
      {
        policy: {
          budget: { hourly: 12.5, monthly: null },
          brake: { destroy: 1, services: 0.2, replicas: 0.5 },
          waves: [["a"], ["b", "c"]],
          schedule: { lead: 300, catchUp: 3600 },
        },
      },
    ],
    [
      "policy: {rollout: {bake: 1m, strategy: canary, canary: {steps: [{share: 10%, pause: 1m}]}}, services: {web: {rollout: {strategy: stop-first}, heal: {unhealthy_after: 2}, budget: {hourly: 3}}}}",
      {
        policy: {
          rollout: {
            strategy: "canary",
            canary: { steps: [{ replicas: null, share: 0.1, pause: 60 }], maxErrorRate: 0.05 },
          },
          // What a service does not say is the project's.
          services: {
            web: {
              rollout: { strategy: "stop-first", bake: 60, deadline: 3600 },
              heal: { unhealthyAfter: 2, unreachableAfter: 120 },
              budget: { hourly: 3, monthly: null },
            },
          },
        },
      },
    ],
    ["policy: {rollout: {bake: 0}}", { policy: { ...defaultPolicy, rollout: { ...defaultPolicy.rollout, bake: 0 } } }],
  ])("reads %s", (text, expected) => {
    expect(parse(text)).toMatchObject({ settings: expected });
  });

  it.each([
    ["projct: x", "error unknown-property 1:1 projct"],
    ["project: a/b", "error invalid-value 1:10 project"],
    ["- a", "error wrong-type 1:1"],
    ["a: [", "error yaml-syntax 1:5"],
    ["state: {branch: 'a..b'}", "error invalid-value 1:17 state.branch"],
    ["state: {history: {commits: 99}}", "error invalid-value 1:28 state.history.commits"],
    ["state: {history: {age: 1h}}", "error invalid-value 1:24 state.history.age"],
    ["state: {lease: {ttl: 4s}}", "error invalid-value 1:22 state.lease.ttl"],
    ["state: {lease: {ttl: 10s, skew: 6s}}", "error invalid-value 1:16 state.lease"],
    ["state: {lease: {skew: -1}}", "error invalid-value 1:23 state.lease.skew"],
    ["state: {brnch: a}", "error unknown-property 1:9 state.brnch"],
    ["backends: []", "error invalid-value 1:11 backends"],
    ["backends: [{kind: local}]", "error invalid-value 1:12 backends[0]"],
    ["backends: local", "error wrong-type 1:11 backends"],
    ["gateways: [{name: a}]", "error missing-property 1:13 gateways[0].type"],
    ["gateways: [{name: a, type: caddy}]", "error wrong-type 1:28 gateways[0].type"],
    ["gateways: [{name: a, type: envoy, listen: 3000}]", "error wrong-type 1:43 gateways[0].listen"],
    ["gateways: [{name: a, type: envoy, listen: 'h:70000'}]", "error wrong-type 1:43 gateways[0].listen"],
    ["gateways: [{name: a, type: envoy}, {name: a, type: nginx}]", "error invalid-value 1:11 gateways"],
    [
      "gateways: [{name: a, type: envoy, default: true}, {name: b, type: nginx, default: true}]",
      "error invalid-value 1:11 gateways",
    ],
    ["gateways: [{name: a, type: envoy, domain: 'a b'}]", "error invalid-value 1:43 gateways[0].domain"],
    ["auth: {tokens: [a-b]}", "error invalid-value 1:17 auth.tokens[0]"],
    ["policy: {rollout: {drain: -1}}", "error invalid-value 1:27 policy.rollout.drain"],
    ["policy: {rollout: {drain: 1h30m}}", "error invalid-value 1:27 policy.rollout.drain"],
    ["policy: {rollout: {failureThreshold: 1}}", "error unknown-property 1:20 policy.rollout.failureThreshold"],
    ["policy: {brake: {destroy: -1}}", "error invalid-value 1:27 policy.brake.destroy"],
    ["policy: {budget: {max: 1}}", "error unknown-property 1:19 policy.budget.max"],
    ["policy: {budget: {hourly: -1}}", "error invalid-value 1:27 policy.budget.hourly"],
    ["policy: {brake: {services: 101%}}", "error invalid-value 1:28 policy.brake.services"],
    ["policy: {brake: {replicas: 0.5}}", "error wrong-type 1:28 policy.brake.replicas"],
    ["policy: {rollout: {strategy: recreate}}", "error wrong-type 1:30 policy.rollout.strategy"],
    [
      "policy: {rollout: {canary: {steps: [{replicas: 1, share: 5%}]}}}",
      "error invalid-value 1:37 policy.rollout.canary.steps[0]",
    ],
    ["policy: {rollout: {canary: {steps: []}}}", "error invalid-value 1:36 policy.rollout.canary.steps"],
    ["policy: {services: {web: {rollout: {drain: x}}}}", "error invalid-value 1:44 policy.services.web.rollout.drain"],
    ["policy: {services: {web: {brake: {}}}}", "error unknown-property 1:27 policy.services.web.brake"],
    ["policy: {waves: [[a], [b, a]]}", "error invalid-value 1:17 policy.waves"],
  ])("refuses %s", (text, expected) => {
    const parsed = parse(text);
    expect([parsed.settings, shorts(parsed)]).toEqual([null, [expected]]);
  });
});

describe("checkGateways()", () => {
  const gateways =
    parse("gateways: [{name: main, type: embedded}, {name: edge, type: nginx, default: true}]").settings?.gateways ??
    [];
  const base = "type: service\nname: web\nport: 80\nimage: x\n";

  it.each([
    ["", gateways, []],
    ["gateway: main", gateways, []],
    ["gateway: false", gateways, []],
    ["https: false", gateways, []],
    ["gateway: man", gateways, ["error unknown-gateway 5:1 gateway"]],
    ["https: false", [], ["error gateway-required 5:1 https"]],
    ["gateway: main", [], ["error unknown-gateway 5:1 gateway"]],
  ])("judges %j", (line, known, expected) => {
    expect(shorts({ diagnostics: checkGateways([service(base + line)], known) })).toEqual(expected);
  });

  it("finds the gateway of a service", () => {
    const found = ["", "gateway: main", "gateway: false", "gateway: no-such"].map((line) =>
      gatewayOf(service(base + line).spec, gateways),
    );
    expect(found.map((gateway) => gateway?.name ?? gateway)).toEqual(["edge", "main", null, undefined]);
  });
});
