import { list } from "../schema/composite.ts";
import { type Fields, object } from "../schema/object.ts";
import { refuse, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, transform } from "../schema/words.ts";
import type { Settings } from "../settings.ts";
import { defaultHistory } from "../settings.ts";
import { isMapping, isOddScalar, isList, type YamlValue } from "../yaml/value.ts";
import { embedded, gateways, slug, type WrittenGateway } from "./gateways.ts";
import { history } from "./history.ts";
import { lease, writtenDefaultLease, type WrittenLease } from "./lease.ts";
import { policy, writtenDefaultPolicy, type WrittenPolicy } from "./policy.ts";

/** The settings file as it is written, before defaults that depend on other properties. */
export interface WrittenSettings extends Omit<Settings, "state" | "gateways" | "policy"> {
  readonly state: Omit<Settings["state"], "lease"> & { readonly lease: WrittenLease };
  readonly gateways: readonly WrittenGateway[];
  readonly policy: WrittenPolicy;
}

const branchName = transform(text({ minLength: 1 }), (name, at) =>
  /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\/\.))[^\s~^:?*[\\\p{Cc}]+(?<![/.])$/u.test(name) && !name.endsWith(".lock")
    ? name
    : refuse(at, `${JSON.stringify(name)} is no name that a branch can have`),
);

/** A backend's own keys are checked by the backend. */
const backend: Schema<Settings["backends"][number]> = {
  expects: "a mapping with a `type`",
  json: () => ({
    type: "object",
    properties: {
      type: {
        description: "The kind of backend; its page says which further keys it has.",
        type: "string",
        examples: ["local"],
      },
    },
    required: ["type"],
  }),
  read: (value, at) => {
    if (!isMapping(value)) return unexpected("a mapping with a `type`", value, at);
    const type = value.get("type");
    if (typeof type !== "string")
      return type === undefined
        ? refuse(at, "a backend needs a `type`")
        : unexpected("the name of a backend", type, at);
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

const state = object<WrittenSettings["state"]>({
  branch: {
    schema: branchName,
    default: "dstack-state",
    description: "The branch that holds the state.",
    example: "dstack-state",
  },
  remote: {
    schema: nullable(text({ minLength: 1 })),
    default: null,
    description:
      "The remote, or URL, that the branch is on; `none` keeps it in the local repository. By default `none` while all backends are `local`, else `origin`.",
    example: "origin",
  },
  public: {
    schema: boolean,
    default: false,
    description:
      "Whether the state may be in the public repository that the workflow runs in: everybody could read then what runs where, at what price, who changed it, and why it fails. Without this, `apply` and `tick` refuse.",
    example: true,
  },
  history: {
    schema: history,
    default: defaultHistory,
    writtenDefault: { commits: 10_000, age: "90d" },
    description: "How much of the branch's history is kept.",
    example: { commits: 2000, age: "30d" },
  },
  lease: {
    schema: lease,
    default: writtenDefaultLease,
    writtenDefault: { ttl: "15m" },
    description: "How long one run may work on a service before others may take it for dead.",
    example: { ttl: "15m", skew: "5m" },
  },
});

/** Every property of `.dstack/gitops.yml`, one entry each. */
export const settingsFields: Fields<WrittenSettings> = {
  project: {
    schema: slug,
    default: "main",
    description: "The project's name, as it stands in the paths of services.",
    example: "main",
  },
  exclude: {
    schema: list(text()),
    default: [],
    description: "Service files that are left alone, as patterns of an ignore file.",
    example: ["test/**"],
  },
  state: {
    schema: state,
    default: {
      branch: "dstack-state",
      remote: null,
      public: false,
      history: defaultHistory,
      lease: writtenDefaultLease,
    },
    description: "Where the state is kept.",
    example: { branch: "dstack-state", remote: "origin" },
  },
  backends: {
    schema: list(backend, { minItems: 1 }),
    default: [{ type: "local" }],
    writtenDefault: [{ type: "local" }],
    description: "Where replicas may run. Further keys belong to each backend.",
    example: [{ type: "local" }],
  },
  gateways: {
    schema: gateways,
    default: [embedded],
    writtenDefault: [{ name: "main", type: "embedded" }],
    description: "What serves the services.",
    example: [{ name: "main", type: "embedded", listen: "127.0.0.1:3000" }],
  },
  auth: {
    schema: object<Settings["auth"]>({
      tokens: {
        schema: list(text({ pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/, expects: "the name of an environment variable" })),
        default: ["DSTACK_TOKEN"],
        writtenDefault: ["DSTACK_TOKEN"],
        description: "Names of environment variables that hold bearer tokens.",
        example: ["DSTACK_TOKEN"],
      },
    }),
    default: { tokens: ["DSTACK_TOKEN"] },
    description: "Who may send requests to services with `auth`.",
    example: { tokens: ["DSTACK_TOKEN"] },
  },
  policy: {
    schema: policy,
    default: writtenDefaultPolicy,
    description: "What the program may do, and how.",
    example: { rollout: { startup: "20m" }, brake: { destroy: 0 } },
  },
};
