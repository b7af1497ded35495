/** The commands that make sense in a workflow. */
export const actionCommands = ["plan", "apply", "tick"] as const;

export type ActionCommand = (typeof actionCommands)[number];

/** The action's inputs, checked. */
export interface ActionOptions {
  readonly command: ActionCommand;
  readonly paths: readonly string[];
  readonly settings: string;
  readonly workingDirectory: string;
  readonly args: readonly string[];
  readonly token: string;
  /** Empty where the server does not tell. */
  readonly jobId: string;
}

export type InputsAnswer =
  | { readonly ok: true; readonly options: ActionOptions }
  | { readonly ok: false; readonly message: string };

/** Inputs as the workflow gives them to options, or what is wrong with them. */
export function readInputs(input: (name: string) => string): InputsAnswer {
  const command = actionCommands.find((name) => name === input("command"));
  if (command === undefined) {
    return {
      ok: false,
      message: `expected \`command\` to be one of ${actionCommands.join(", ")}, got "${input("command")}"`,
    };
  }
  const paths = input("paths")
    .split("\n")
    .map((path) => path.trim())
    .filter((path) => path !== "");
  if (command === "tick" && paths.length > 0) {
    return { ok: false, message: "`tick` works on everything recorded: it takes no `paths`" };
  }
  const args = splitWords(input("args"));
  if (args === null) return { ok: false, message: "`args` has a quote that is not closed" };
  const options = {
    settings: input("settings"),
    workingDirectory: input("working-directory") || ".",
    token: input("token"),
    jobId: input("job-id"),
  };
  return { ok: true, options: { command, paths, args, ...options } };
}

/** The command line that does what the inputs ask for. A workflow that applies is its own consent. */
export function argvOf({ command, paths, settings, workingDirectory, args }: ActionOptions): readonly string[] {
  return [
    command,
    "--json",
    ...(command === "apply" ? ["--yes"] : []),
    "-C",
    workingDirectory,
    ...(settings === "" ? [] : ["--settings", settings]),
    ...args,
    ...(paths.length === 0 ? [] : ["--", ...paths]),
  ];
}

/** The command line that gives back what a killed run of these inputs has left. */
export function unlockArgvOf({ settings, workingDirectory }: ActionOptions): readonly string[] {
  return ["state", "unlock", "--own", "-C", workingDirectory, ...(settings === "" ? [] : ["--settings", settings])];
}

/** Variables that a command of these inputs needs besides the workflow's own: git and the API read the token, others ask about the job. */
export function variablesOf({ token, jobId }: ActionOptions): Readonly<Record<string, string>> {
  return {
    ...(token === "" ? {} : { GITHUB_TOKEN: token }),
    ...(jobId === "" ? {} : { DSTACK_GITOPS_JOB_ID: jobId }),
  };
}

/** Values that the log must never show: the token, also as git sends it, values given to `--env`, and secrets of the environment. */
export function secretsOf(
  options: ActionOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { token, args } = options;
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  const given = args.flatMap((arg) => /^(?:--env=|-e)?[A-Za-z_]\w*=(.+)$/s.exec(arg)?.[1] ?? []);
  const named = Object.entries(env).flatMap(([name, value]) =>
    /(TOKEN|SECRET|PASSWORD|KEY)$/.test(name) && value !== undefined ? [value] : [],
  );
  // A short value would blank out half of the log.
  return [...new Set([...(token === "" ? [] : [token, basic]), ...given, ...named])].filter(
    (value) => value.length >= 4,
  );
}

/** Words as a shell would split them: by white space, quotes keep it, a backslash keeps what follows. `null`: a quote is not closed. */
export function splitWords(text: string): readonly string[] | null {
  const word = /(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/gsy;
  const words: string[] = [];
  for (let rest = text.trimStart(); rest !== ""; rest = rest.trimStart()) {
    word.lastIndex = 0;
    const found = word.exec(rest)?.[0];
    if (found === undefined) return null;
    words.push(unquote(found));
    rest = rest.slice(found.length);
    if (rest !== "" && !/^\s/.test(rest)) return null;
  }
  return words;
}

function unquote(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\(["\\])/g, "$1") ?? escaped ?? "",
  );
}
