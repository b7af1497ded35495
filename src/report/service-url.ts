import type { GatewaySettings, Settings } from "../config/settings.ts";
import { routesOf } from "../proxy-config/routes.ts";
import type { Route } from "../proxy-config/routes.ts";
import type { ServiceRecord } from "../state/record.ts";

/** Where people reach a service; `null` where no gateway serves it. */
export function serviceUrl(record: ServiceRecord, settings: Settings): string | null {
  const [route] = routesOf({ services: new Map([[record.name, { record }]]) }, settings);
  const gateway = settings.gateways.find((each) => each.name === route?.gateway);
  return route === undefined || gateway === undefined ? null : urlOf(route, gateway);
}

function urlOf(route: Route, gateway: GatewaySettings): string {
  const { host, port } = gateway.listen;
  const suffix = port === 80 ? "" : `:${port}`;
  if (route.match.kind === "host") return `http://${route.match.host}${suffix}/`;
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${shown}${suffix}${route.match.prefix}`;
}
