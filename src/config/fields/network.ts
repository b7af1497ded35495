/** How requests reach a service: one entry a property. */

import { integer, readInteger } from "../schema/numbers.ts";
import { object } from "../schema/object.ts";
import { type At, type Field, type Invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { readText } from "../schema/text.ts";
import { boolean, nullable, readBoolean } from "../schema/words.ts";
import type { PortMapping, ServiceSpec } from "../spec.ts";
import { isList, isMapping } from "../yaml/value.ts";

const portNumber = integer({ min: 1, max: 65_535, expects: "a port from 1 to 65535" });

const portObject = object<PortMapping>({
  local_port: { schema: nullable(portNumber), default: null, description: "Has no effect on services.", example: 80 },
  container_port: { schema: portNumber, description: "The port that the service listens on.", example: 8000 },
});

const portSchema: Schema<PortMapping> = {
  expects: "a port from 1 to 65535",
  json: () => ({
    title: "a port from 1 to 65535, or `80:PORT`",
    anyOf: [
      { type: ["integer", "string"], minimum: 1, maximum: 65_535, pattern: "^\\s*[0-9]{1,5}\\s*$|^[0-9]+:[0-9]+$" },
      portObject.json(),
    ],
  }),
  read: (value, at) => {
    if (isMapping(value)) return portObject.read(value, at);
    const pair = typeof value === "string" ? /^(\d+):(\d+)$/.exec(value) : null;
    if (pair !== null) return mapped(Number(pair[1]), Number(pair[2]), at);
    const port = isList(value) ? null : readInteger(value, at);
    return port === null ? unexpected("a port from 1 to 65535", value, at) : mapped(80, port, at);
  },
};

function mapped(local_port: number, container_port: number, at: At): PortMapping | Invalid {
  const wrong = [local_port, container_port].find((port) => port < 1 || port > 65_535);
  return wrong === undefined
    ? { local_port, container_port }
    : refuse(at, `expected a port from 1 to 65535, got ${wrong}`);
}

export const port: Field<ServiceSpec["port"]> = {
  schema: portSchema,
  description: "The port that the application listens on.",
  example: 8000,
};

export const gateway: Field<ServiceSpec["gateway"]> = {
  schema: {
    expects: "the name of a gateway, or `false`",
    json: () => ({
      title: "the name of a gateway, or `false`",
      anyOf: [{ type: ["string", "number", "null"] }, { const: false }],
    }),
    read: (value, at) => {
      if (value === null) return value;
      const word = readBoolean(value);
      if (word === false) return false;
      if (word === true)
        return refuse(at, "The `gateway` property must be a string or boolean `false`, not boolean `true`");
      return isList(value) || isMapping(value)
        ? unexpected("the name of a gateway, or `false`", value, at)
        : (readText(value, at) ?? unexpected("the name of a gateway", value, at));
    },
  },
  default: null,
  description:
    "The name of the gateway. `false` runs the service without one; by default the project's default gateway is used where there is one.",
  example: false,
};

export const strip_prefix: Field<ServiceSpec["strip_prefix"]> = {
  schema: boolean,
  default: true,
  description:
    "Strip the path prefix `/proxy/services/<project>/<service>/` before requests are forwarded. Has an effect only without a gateway that has a domain.",
  example: false,
};

export const https: Field<ServiceSpec["https"]> = {
  schema: {
    expects: "`true`, `false` or `auto`",
    json: () => ({ title: "`true`, `false` or `auto`", anyOf: [boolean.json(), { const: "auto" }] }),
    read: (value, at) => (value === "auto" ? value : boolean.read(value, at)),
  },
  default: true,
  description: "Serve over HTTPS. `auto`: where the gateway has a certificate.",
  example: false,
};

export const auth: Field<ServiceSpec["auth"]> = {
  schema: boolean,
  default: true,
  description: "Requests need a bearer token.",
  example: false,
};
