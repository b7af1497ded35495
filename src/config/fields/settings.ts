import type { GatewaySettings, HealPolicy, BrakePolicy, RolloutPolicy, Settings } from "../settings.ts";

import { list, object } from "../schema/composite.ts";
import { boolean, integer, nullable, oneOf, text, transform } from "../schema/scalars.ts";
import { type Field, invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { isMapping, isOddScalar, isList, type YamlValue } from "../yaml/value.ts";
import { defaultPolicy } from "../settings.ts";
import { duration } from "./duration.ts";

/** The settings file as it is written, before defaults that depend on other properties. */
export interface WrittenSettings extends Omit<Settings, "state" | "gateways" | "policy"> {
  readonly state: { readonly branch: string; readonly remote: string | null };
  readonly gateways: readonly WrittenGateway[];
  readonly policy: WrittenPolicy;
}

export interface WrittenGateway extends Omit<GatewaySettings, "default" | "listen"> {
  readonly default: boolean | null;
  readonly listen: GatewaySettings["listen"] | null;
}

export interface WrittenPolicy {
  readonly rollout: Omit<RolloutPolicy, "failureThreshold"> & { readonly failure_threshold: number };
  readonly heal: { readonly unhealthy_after: HealPolicy["unhealthyAfter"] };
  readonly brake: BrakePolicy;
}

/** A name that may stand in a URL's path. */
const slug = text({ pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/, expects: "a name" });
const branchName = transform(text({ minLength: 1 }), (name, at) =>
  /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\/\.))[^\s~^:?*[\\\p{Cc}]+(?<![/.])$/u.test(name) && !name.endsWith(".lock") ? name : refuse(at, `${JSON.stringify(name)} is no name that a branch can have`),
);

const listen: Schema<GatewaySettings["listen"]> = {
  expects: "an address such as `127.0.0.1:3000`",
  json: () => ({ type: "string", pattern: "^.+:[0-9]+$" }),
  read: (value, at) => {
    const [, bracketed, plain, digits] = (typeof value === "string" ? /^(?:\[([0-9a-fA-F:]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(value) : null) ?? [];
    const port = Number(digits);
    if (digits === undefined || port > 65_535) return unexpected("an address such as `127.0.0.1:3000`", value, at);
    return { host: bracketed ?? plain ?? "", port };
  },
};

const gateway = object<WrittenGateway>({
  name: { schema: slug, description: "The name that services refer to.", example: "main" },
  type: { schema: oneOf(["embedded", "nginx", "envoy"]), description: "What serves: the embedded proxy, nginx or Envoy.", example: "embedded" },
  default: { schema: nullable(boolean), default: null, description: "Serves services that name no gateway. A single gateway is the default one.", example: true },
  listen: { schema: nullable(listen), default: null, description: "Where it listens; `127.0.0.1:3000` for the embedded proxy, `0.0.0.0:80` for the others.", example: "127.0.0.1:3000" },
  domain: { schema: nullable(text({ pattern: /^(?!-)[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*$/, expects: "a domain" })), default: null, description: "Serves `<service>.<domain>`; without a domain, a path.", example: "example.com" },
});

/** A backend's own keys are checked by the backend. */
const backend: Schema<Settings["backends"][number]> = {
  expects: "a mapping with a `type`",
  json: () => ({ type: "object", properties: { type: { type: "string" } }, required: ["type"] }),
  read: (value, at) => {
    if (!isMapping(value)) return unexpected("a mapping with a `type`", value, at);
    const type = value.get("type");
    if (typeof type !== "string") return type === undefined ? refuse(at, "a backend needs a `type`") : unexpected("the name of a backend", type, at);
    return { ...plainMembers(value), type };
  },
};

/** YAML as plain data, for keys that others check. */
function plain(value: YamlValue): unknown {
  if (isList(value)) return value.map(plain);
  if (isMapping(value)) return plainMembers(value);
  return isOddScalar(value) ? (value.kind === "timestamp" ? value.source : value.value) : value;
}

function plainMembers(value: ReadonlyMap<string, YamlValue>): Record<string, unknown> {
  return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
}

const { rollout, heal, brake } = defaultPolicy;
const notNegative = duration({ min: 0, tooShort: "Duration cannot be negative" });

const defaultRollout: WrittenPolicy["rollout"] = { bake: rollout.bake, drain: rollout.drain, startup: rollout.startup, failure_threshold: rollout.failureThreshold };

const policy = object<WrittenPolicy>(
  {
    rollout: {
      schema: object<WrittenPolicy["rollout"]>({
        bake: { schema: nullable(notNegative), default: rollout.bake, description: "How long the first new replica keeps its probes before the first old one leaves; by default one interval of the slowest probe, 5 s without probes.", example: "1m" },
        drain: { schema: notNegative, default: rollout.drain, description: "How long draining waits for requests in flight.", example: "5m" },
        startup: { schema: duration({ min: 1 }), default: rollout.startup, description: "How long a replica may take from running to ready before it counts as unhealthy.", example: "20m" },
        failure_threshold: { schema: integer({ min: 1 }), default: rollout.failureThreshold, description: "Probes in a row that a ready replica may fail during a rollout before it counts as unhealthy.", example: 3 },
      }),
      default: defaultRollout,
      description: "How a change is rolled out.",
    },
    heal: {
      schema: object<WrittenPolicy["heal"]>({
        unhealthy_after: { schema: nullable(integer({ min: 1 })), default: heal.unhealthyAfter, description: "Failed probes in a row after which a ready replica is replaced outside a rollout; by default never.", example: 5 },
      }),
      default: { unhealthy_after: heal.unhealthyAfter },
      description: "When running replicas are replaced.",
    },
    brake: {
      schema: object<WrittenPolicy["brake"]>({
        destroy: { schema: integer({ min: 0 }), default: brake.destroy, description: "How many services one run may destroy without `--allow-destroy`.", example: 1 },
      }),
      default: brake,
      description: "What needs consent.",
    },
  },
  { known: { budget: "budgets are not supported yet" } },
);

const gateways = transform(list(gateway), (read, at) => {
  const repeated = read.find(({ name }, index) => read.findIndex((other) => other.name === name) !== index);
  if (repeated !== undefined) refuse(at, `the gateway \`${repeated.name}\` is given twice`);
  const defaults = read.filter((each) => each.default === true);
  if (defaults.length > 1) refuse(at, `only one gateway can be the default, got ${defaults.map(({ name }) => `\`${name}\``).join(" and ")}`);
  return repeated === undefined && defaults.length <= 1 ? read : invalid;
});

const state = object<WrittenSettings["state"]>({
  branch: { schema: branchName, default: "dstack-state", description: "The branch that holds the state.", example: "dstack-state" },
  remote: { schema: nullable(text({ minLength: 1 })), default: null, description: "The remote, or URL, that the branch is on; `none` keeps it in the local repository. By default `none` while all backends are `local`, else `origin`.", example: "origin" },
});

const embedded: WrittenGateway = { name: "main", type: "embedded", default: true, listen: null, domain: null };

type SettingsFields = { readonly [Key in keyof WrittenSettings]-?: Field<WrittenSettings[Key]> };

/** Every property of `.dstack/gitops.yml`, one entry each. */
export const settingsFields: SettingsFields = {
  project: { schema: slug, default: "main", description: "The project's name, as it stands in the paths of services.", example: "main" },
  exclude: { schema: list(text()), default: [], description: "Service files that are left alone, as patterns of an ignore file.", example: ["test/**"] },
  state: { schema: state, default: { branch: "dstack-state", remote: null }, description: "Where the state is kept." },
  backends: { schema: list(backend, { minItems: 1 }), default: [{ type: "local" }], description: "Where replicas may run. Further keys belong to each backend.", example: [{ type: "local" }] },
  gateways: { schema: gateways, default: [embedded], description: "What serves the services.", example: [{ name: "main", type: "embedded", listen: "127.0.0.1:3000" }] },
  auth: {
    schema: object<Settings["auth"]>({
      tokens: { schema: list(text({ pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/, expects: "the name of an environment variable" })), default: ["DSTACK_TOKEN"], description: "Names of environment variables that hold bearer tokens.", example: ["DSTACK_TOKEN"] },
    }),
    default: { tokens: ["DSTACK_TOKEN"] },
    description: "Who may send requests to services with `auth`.",
  },
  policy: { schema: policy, default: { rollout: defaultRollout, heal: { unhealthy_after: heal.unhealthyAfter }, brake }, description: "What the program may do, and how." },
};
