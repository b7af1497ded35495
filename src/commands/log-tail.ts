import { resolveValues } from "../config/env.ts";
import { redactor } from "../lib/redact.ts";
import type { Verdict } from "../state/verdict.ts";
import type { Work } from "./work.ts";

const tailLines = 15;

/** Last lines of the attempt that a verdict is about, without the values that the service was given. Empty where they are gone. */
export async function logTail(work: Work, verdict: Verdict | null): Promise<readonly string[]> {
  const token = verdict?.evidence.token;
  const backend = work.world.backends.get(verdict?.evidence.backend ?? "");
  if (verdict === null || token === undefined || backend === undefined) return [];
  const snapshot = await work.world.store.load(work.abort);
  const secrets = [...snapshot.services.values()].flatMap(({ record }) =>
    (record?.deployments ?? []).flatMap((deployment) => resolveValues(deployment.spec, work.world.env).secrets),
  );
  // Logs are read line by line, and so must their secrets be.
  const redact = redactor([...secrets, ...work.project.tokens].flatMap((secret) => secret.split(/\r?\n/)));
  const lines: string[] = [];
  try {
    const owner = { ...work.world.owner, stateId: snapshot.stateId };
    for await (const line of backend.logs(owner, token, { follow: false, tail: tailLines, signal: work.abort }))
      lines.push(redact(line.text));
  } catch {
    // A log that cannot be had takes nothing away from the verdict.
  }
  return lines;
}
