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
  otherEnds: {
    reason: "replicas are not aborted, nor ended by a server, for want of use, or for what they log",
    where: "`state_machine.json`, `job_reason/*`",
  },
  serviceEnds: {
    reason: "nothing but its removal, `max_duration` and `utilization_policy` ends what runs of a service",
    where: "`state_machine.json`, `run_reason/*`",
  },
  nginx: {
    reason: "nginx is configured in this program's own way",
    where: "`nginx.json`",
  },
  oldLog: {
    reason: "gateways here count requests themselves, and read no log of earlier versions",
    where: "`stats.json`, `collect/legacy-4-columns`",
  },
  otherType: { reason: "other types than services are left alone", where: "`plan_diff.json`, `plan/devenv-render`" },
  configurationPath: {
    reason: "a service is known by its name: where its file lies is no part of what is compared",
    where: "`plan_diff.json`, `plan/spec/configuration_path`",
  },
  workingDir: {
    reason: "a run spec's own `working_dir` reaches no job; a service file's is compared as its property",
    where: "`plan_diff.json`, `plan/spec/working_dir`",
  },
  repoDir: {
    reason: "where a repository goes is `path` of its entry in `repos`, whose change is one of the configuration",
    where: "`plan_diff.json`, `plan/spec/repo_dir`",
  },
  sshKey: {
    reason: "nobody logs in to a replica: there are no SSH keys",
    where: "`plan_diff.json`, `plan/spec/ssh_key_pub`",
  },
  profile: {
    reason: "a profile's properties are compared as the service's own, into which they are merged",
    where: "`plan_diff.json`, `plan/spec/profile-added`",
  },
  runSpec: {
    reason: "nothing here corresponds to `…` of a run spec",
    where: "whatever else of a run spec a case may give",
  },
  file: {
    reason: "no cases of this file are known",
    where: "files that `scripts/conformance/answers.ts` does not name",
  },
  kind: { reason: "no cases of the kind … are known", where: "kinds that no recorded file has had" },
} as const;
