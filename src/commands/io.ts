/** What a command may touch of the process that it runs in. */
export interface Io {
  /** JSON goes here alone; without `--json` what was asked for. */
  readonly stdout: (text: string) => void;
  /** Everything else that people are told. */
  readonly stderr: (text: string) => void;
  /** Whether a person sits at it: progress is shown, and consent can be asked for. */
  readonly terminal: boolean;
  readonly colors: boolean;
  /** Asks a question and resolves with the answer, trimmed; `null` when there is none. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Ends what the command does after the step under way. */
  readonly signal: AbortSignal;
}
