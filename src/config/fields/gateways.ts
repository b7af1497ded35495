import { list } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import { invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, oneOf, transform } from "../schema/words.ts";
import type { GatewaySettings } from "../settings.ts";

export interface WrittenGateway extends Omit<GatewaySettings, "default" | "listen"> {
  readonly default: boolean | null;
  readonly listen: GatewaySettings["listen"] | null;
}

/** A name that may stand in a URL's path. */
export const slug = text({ pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/, expects: "a name" });

const listen: Schema<GatewaySettings["listen"]> = {
  expects: "an address such as `127.0.0.1:3000`",
  json: () => ({
    title: listen.expects,
    type: "string",
    pattern: "^(?:\\[[0-9a-fA-F:]+\\]|[^\\s:\\[\\]]+):[0-9]{1,5}$",
  }),
  read: (value, at) => {
    const [, bracketed, plain, digits] =
      (typeof value === "string" ? /^(?:\[([0-9a-fA-F:]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(value) : null) ?? [];
    const port = Number(digits);
    if (digits === undefined || port > 65_535) return unexpected("an address such as `127.0.0.1:3000`", value, at);
    return { host: bracketed ?? plain ?? "", port };
  },
};

const gateway = object<WrittenGateway>({
  name: { schema: slug, description: "The name that services refer to.", example: "main" },
  type: {
    schema: oneOf(["embedded", "nginx", "envoy"]),
    description:
      "What serves: the embedded proxy, nginx or Envoy. Only the embedded one tells passes what it counts: load to scale by, and the errors and latency of a canary, which elsewhere its probes alone judge.",
    example: "embedded",
  },
  default: {
    schema: nullable(boolean),
    default: null,
    description: "Serves services that name no gateway. A single gateway is the default one.",
    example: true,
  },
  listen: {
    schema: nullable(listen),
    default: null,
    description: "Where it listens; `127.0.0.1:3000` for the embedded proxy, `0.0.0.0:80` for the others.",
    example: "127.0.0.1:3000",
  },
  domain: {
    schema: nullable(text({ pattern: /^(?!-)[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*$/, expects: "a domain" })),
    default: null,
    description: "Serves `<service>.<domain>`; without a domain, a path.",
    example: "example.com",
  },
});

/** The gateways of a settings file. */
export const gateways = transform(list(gateway), (read, at) => {
  const names = new Set<string>();
  const repeated = read.find(({ name }) => names.size === names.add(name).size);
  if (repeated !== undefined) refuse(at, `the gateway \`${repeated.name}\` is given twice`);
  const defaults = read.filter((each) => each.default === true);
  if (defaults.length > 1)
    refuse(at, `only one gateway can be the default, got ${defaults.map(({ name }) => `\`${name}\``).join(" and ")}`);
  return repeated === undefined && defaults.length <= 1 ? read : invalid;
});

/** The gateway of a settings file that names none. */
export const embedded: WrittenGateway = { name: "main", type: "embedded", default: true, listen: null, domain: null };
