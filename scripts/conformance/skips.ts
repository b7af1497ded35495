/** Why some recorded cases are not answered; `docs/differences.md` says the same. */
export const skips = {
  laterOnly: {
    reason: "only later versions of the reference have this, and this program does not",
    where: "replica groups and their routers, and `https: auto` at a gateway, in any file",
  },
  ports: { reason: "`ports` are of tasks; services have one `port`", where: "`mappings.json`, `port_mapping/*`" },
  models: {
    reason: "no gateway offers models yet",
    where: "`service_registration.json`, `no_gateway/model-*`",
  },
  certificates: {
    reason: "gateways here serve HTTP; certificates are of what stands in front of them",
    where: "`service_registration.json`, `gateway/*`",
  },
  serverUrl: {
    reason: "gateways have addresses of their own; there is no server whose URL paths are joined to",
    where: "`service_registration.json`, `make_proxy_url/*`",
  },
  terminations: {
    reason: "instances are not kept after their replica",
    where: "`profiles.json`, `termination/*`",
  },
  runSpec: {
    reason: "nothing here corresponds to `…` of a run spec",
    where: "`plan_diff.json`, `plan/spec/*` and `plan/devenv-render`; `run_spec_validation.json`, `validate/repo-*`",
  },
  file: {
    reason: "no cases of this file are known",
    where: "files that `scripts/conformance/answers.ts` does not name",
  },
  kind: { reason: "no cases of the kind … are known", where: "kinds that no recorded file has had" },
} as const;
