/** What a probe was answered, as a verdict's evidence has it. */
export function answerText({
  status,
  error,
}: {
  readonly status: number | null;
  readonly error: string | null;
}): string {
  return status === null ? (error ?? "no answer") : `answered ${status}`;
}
