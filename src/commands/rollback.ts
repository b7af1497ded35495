import { UserError } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { acceptRollback, rollbackTargets } from "../reconciler/accept-rollback.ts";
import { commitNote } from "../report/why-text.ts";
import type { DeploymentRecord, ServiceRecord } from "../state/record.ts";
import type { App } from "./app.ts";
import { changeOne } from "./change-one.ts";
import { tell } from "./say.ts";

/** `rollback NAME [--to N]`: an earlier deployment again, the last one that settled unless one is named. */
export function rollback(app: App, name: string, to: number | null): Promise<ExitCode> {
  return changeOne(app, {
    name,
    question: `Go back to ${to === null ? "the deployment before" : `deployment ${to}`} of ${name}?`,
    verb: "Roll back",
    done: "rolled back",
    change(record, acceptance) {
      if (record.target === null) return null;
      const wanted = chosen(record, to);
      tell(app, `${name} goes back to what deployment ${wanted.num} was${commitNote(wanted)}. ${reminder(wanted)}`);
      return acceptRollback(record, wanted, acceptance);
    },
    nothing: `${name} is being destroyed: there is nothing to go back to.`,
    settles: true,
  });
}

function chosen(record: ServiceRecord, to: number | null): DeploymentRecord {
  const targets = rollbackTargets(record);
  const found = to === null ? targets[0] : targets.find((deployment) => deployment.num === to);
  if (found !== undefined) return found;
  const what = to === null ? "no earlier deployment" : `no deployment ${to} that it could go back to`;
  const listed = targets.map((deployment) => `${deployment.num}${commitNote(deployment)}`).join(", ");
  throw new UserError("no-such-deployment", `${record.name} has ${what}`, {
    hint:
      listed === ""
        ? "only deployments that once settled, and that differ from what runs, count"
        : `there are ${listed}`,
  });
}

/** The files still say otherwise, and are what the next apply applies. */
function reminder({ file }: DeploymentRecord): string {
  return `${file} still says otherwise: take the edit back there, or the next \`apply\` brings it again.`;
}
