import { regexLiteral } from "../escape.ts";

const name = "dstack-gitops.bearer";
const rbac = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";

/** The check of bearer tokens, as the file of tokens delivers it. Whoever matches no principal gets 403. */
export function bearerFilter(tokens: readonly string[]): unknown {
  const principals = tokens.map((token) => ({
    header: { name: "authorization", string_match: { safe_regex: { regex: `[Bb]earer +${regexLiteral(token)}` } } },
  }));
  return {
    "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
    name,
    typed_config: {
      "@type": rbac,
      rules: {
        action: "ALLOW",
        ...(principals.length > 0 && { policies: { bearer: { permissions: [{ any: true }], principals } } }),
      },
    },
  };
}

/** The place of that check in a listener: its configuration is in a file of its own, so that no token is in this one. */
export function extensionOf(file: string): unknown {
  return {
    name,
    config_discovery: {
      config_source: { resource_api_version: "V3", path_config_source: { path: file } },
      type_urls: [rbac],
    },
  };
}

/** On a route: this one needs no token. */
export const noBearer = {
  typed_per_filter_config: {
    [name]: { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", disabled: true },
  },
};

export const routerFilter = {
  name: "envoy.filters.http.router",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    suppress_envoy_headers: true,
  },
};
