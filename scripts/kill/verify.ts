import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { leftovers } from "./leftovers.ts";
import type { Site, Wanted } from "./site.ts";
import { goesOn, readState } from "./state-seen.ts";
import type { Recorded, StateSeen } from "./state-seen.ts";

/** How long what was killed may take to end, in milliseconds. */
const grace = 6_000;

/** Everything that is not as it must be after an ordinary run, in words. `null` as wanted: the service is to be gone. */
export async function verify(site: Site, before: StateSeen | null, wanted: Wanted | null): Promise<readonly string[]> {
  const state = await readState(site.bare);
  if (state === null) return ["the branch of the state is gone"];
  const wrong = [
    ...(before === null || (await goesOn(site.bare, before, state))
      ? []
      : [`history does not go on from ${before.commit}`]),
    ...state.open.map((path) => `${path} is open`),
    ...recordedAs("bystander", state.bystander, { version: 0, replicas: 1 }),
    ...bystanderChanges(before, state),
    ...(wanted === null
      ? state.demo === null
        ? []
        : ["demo is still recorded"]
      : recordedAs("demo", state.demo, wanted)),
    ...(await answers(site, wanted)),
  ];
  let left = await leftovers(site, state);
  for (const deadline = Date.now() + grace; left.length > 0 && Date.now() < deadline;) {
    await sleep(100);
    left = await leftovers(site, state);
  }
  return [...wrong, ...left];
}

function recordedAs(name: string, record: Recorded | null, { version, replicas }: Wanted): readonly string[] {
  if (record === null) return [`${name} is not recorded`];
  const wrong: string[] = [];
  const current = record.deployments.find(({ num }) => num === record.current);
  const numbers = record.replicas.map(({ num }) => num);
  if (!JSON.stringify(current?.spec.env ?? null).includes(`"${version}"`))
    wrong.push(`${name}: expected version ${version}, got ${JSON.stringify(current?.spec.env)}`);
  if (record.target?.deployment !== record.current)
    wrong.push(`${name}: deployment ${record.current} is not the target`);
  if (numbers.length !== replicas || new Set(numbers).size !== replicas)
    wrong.push(`${name}: expected ${replicas} replicas, got those with the numbers ${numbers.join()}`);
  for (const replica of record.replicas)
    if (replica.status !== "running" || replica.readyAt === null || replica.deployment !== record.current)
      wrong.push(`${name}: replica ${replica.num} of deployment ${replica.deployment} is ${replica.status}`);
  return wrong;
}

/** Nobody asked for anything of it. */
function bystanderChanges(before: StateSeen | null, after: StateSeen): readonly string[] {
  if (before?.bystander === null || before === null) return [];
  const tokens = ({ bystander }: StateSeen): string => (bystander?.replicas ?? []).map(({ token }) => token).join();
  return tokens(before) === tokens(after) ? [] : [`bystander was touched: ${tokens(before)} became ${tokens(after)}`];
}

/** What the gateway answers, from each replica. */
async function answers({ url }: Site, wanted: Wanted | null): Promise<readonly string[]> {
  const expected = wanted === null ? "404" : `version ${wanted.version}`;
  const got = new Set<string>();
  for (let request = 0; request < (wanted?.replicas ?? 1) * 2; request += 1) got.add(await ask(url));
  return [...got]
    .filter((answer) => answer !== expected)
    .map((answer) => `expected the answer ${expected}, got ${answer}`);
}

/** On a connection of its own: one that was kept may just be closing. */
function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, signal: AbortSignal.timeout(5_000) }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(response.statusCode === 200 ? text.trim() : String(response.statusCode)));
      response.on("error", (error) => resolve(String(error)));
    });
    asked.on("error", (error) => resolve(String(error)));
  });
}
