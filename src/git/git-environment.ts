/** Variables that would point git at another repository than the one asked for: set when we run inside a hook. */
const repositoryVariables = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
  "GIT_SHALLOW_FILE",
  "GIT_GRAFT_FILE",
  "GIT_REPLACE_REF_BASE",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_LITERAL_PATHSPECS",
  "GIT_GLOB_PATHSPECS",
  "GIT_NOGLOB_PATHSPECS",
  "GIT_ICASE_PATHSPECS",
  "GIT_EXTERNAL_DIFF",
];

const fixed: Readonly<Record<string, string>> = {
  // Messages are told apart by their text.
  LC_ALL: "C",
  LANGUAGE: "C",
  // Never ask anybody anything.
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  SSH_ASKPASS_REQUIRE: "never",
  GCM_INTERACTIVE: "never",
  // `git status` must not refresh the user's index.
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_PAGER: "cat",
};

const always: readonly (readonly [string, string])[] = [
  // The user's hooks are for the user's commits.
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["push.followTags", "false"],
  ["push.gpgSign", "false"],
  ["push.recurseSubmodules", "no"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.writeCommitGraph", "false"],
  ["core.quotePath", "false"],
  ["advice.detachedHead", "false"],
  // A connection that gives nothing for so long gives nothing any more.
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "30"],
];

/** The environment of one call of git: what the caller has, less what points elsewhere, with configuration that no file keeps. */
export function gitEnvironment(
  base: NodeJS.ProcessEnv,
  config: readonly (readonly [string, string])[],
  extra: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...base, ...fixed };
  for (const name of repositoryVariables) delete env[name];
  if (env["GIT_SSH_COMMAND"] === undefined && env["GIT_SSH"] === undefined)
    env["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes";
  // Counts on from what the caller hands over the same way, such as `safe.directory`.
  let count = Number(base["GIT_CONFIG_COUNT"] ?? 0);
  for (const [key, value] of [...config, ...always]) {
    env[`GIT_CONFIG_KEY_${count}`] = key;
    env[`GIT_CONFIG_VALUE_${count}`] = value;
    count += 1;
  }
  env["GIT_CONFIG_COUNT"] = String(count);
  return { ...env, ...extra };
}
