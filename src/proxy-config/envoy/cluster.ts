import type { Address } from "../../state/record.ts";
import { isIpv4, isIpv6, hostAndPort, safe } from "../escape.ts";
import { isWeighted, type Route } from "../routes.ts";

/** The replicas of one service. */
export function clusterOf(route: Route): unknown {
  const name = clusterName(route);
  const weighted = isWeighted(route);
  const named = route.upstreams.some(({ address }) => address.kind === "tcp" && !isIp(address.host));
  return {
    name,
    // Only names need a resolver; addresses and sockets must not wait for one.
    type: named ? "STRICT_DNS" : "STATIC",
    connect_timeout: "5s",
    // By requests under way, the shares that weights give would depend on how long each side takes to answer.
    lb_policy: weighted ? "ROUND_ROBIN" : "LEAST_REQUEST",
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: route.upstreams.map(({ address, weight = 1 }) => ({
            endpoint: { address: addressOf(address) },
            ...(weighted && { load_balancing_weight: weight }),
          })),
        },
      ],
    },
  };
}

/** Names a service's cluster. No part holds a dot, so no two services share one. */
export function clusterName({ project, service }: Pick<Route, "project" | "service">): string {
  return `${safe("project name", project)}.${safe("service name", service)}`;
}

function addressOf(address: Address): unknown {
  if (address.kind === "unix") return { pipe: { path: safe("socket path", address.path) } };
  hostAndPort(address.host, address.port);
  return { socket_address: { address: address.host, port_value: address.port } };
}

function isIp(host: string): boolean {
  return isIpv4(host) || isIpv6(host);
}
