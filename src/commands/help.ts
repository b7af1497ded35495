/** What `--help` says of each command: what it is for, in a sentence or two. */
export const help = {
  program:
    "Turns a git repository of .dstack.yml files into the control plane of its services. A plan shows what would happen; apply does exactly that, and never leaves a service worse than it found it.",
  examples: `
Examples:
  $ dstack-gitops validate                 are the files right?
  $ dstack-gitops plan                     what would happen?
  $ dstack-gitops apply -y                 make it so
  $ dstack-gitops watch                    serve it, and follow the files
  $ dstack-gitops ps -v                    what runs, and how its probes are
  $ dstack-gitops logs NAME -f             what it says
  $ dstack-gitops why NAME                 what was decided, and on which evidence

Exit codes: 0 success, 1 failed, 2 usage or invalid input, 3 changes (plan --detailed-exitcode),
4 refused, 5 somebody else works on it, 6 accepted and going on, 130 interrupted.`,
  validate:
    "Checks service files and settings, and nothing else: no state, no network. Every error is shown with its place.",
  schema: "Prints the JSON Schema of service files, of settings, or of profiles, for editors.",
  diff: "Compares two service files: which properties differ, and whether that is done in place, by rolling, or by a restart.",
  plan: "Shows what apply would do with each service, which line causes it, and a rehearsal of the rollout. Changes nothing.",
  planAfter: `
A service whose file is gone is planned to be destroyed, unless paths are named.
Outcomes: 0; with --detailed-exitcode 3 when there are changes.`,
  apply: "Does what plan shows, and stays until every service has settled, a verdict stops it, or --attend ends.",
  applyAfter: `
Killed or interrupted at any moment it leaves nothing behind that the next apply or tick does not finish.
An unhealthy revision is taken back and quarantined; another revision supersedes it at once.`,
  tick: "One round over everything recorded: heals, finishes rollouts, retries. Reads no service files, so it applies nothing new.",
  ps: "Shows services and replicas as they are now; -v with instances and errors.",
  logs: "Prints what a service's replicas wrote.",
  why: "Tells what was accepted, what passes work towards, and the verdicts with their evidence.",
  destroy: "Drains and ends every replica of a service, and forgets it.",
  restart: "Replaces every replica of a service by one of the same revision, one at a time.",
  rollback: "Rolls an earlier deployment out again: the last one that settled, or the one that `--to` names.",
  retry:
    "Lifts the quarantine of a revision that was unhealthy, and rolls it out again; replaces what the brake holds back.",
  pause: "Freezes a service: no pass touches it, healing included, until it is resumed.",
  resume: "Lets passes touch a paused service again.",
  watch: "Serves the services, heals them, and follows the files: every saved edit is rolled out. Ends with Ctrl-C.",
  proxy: "The gateways in front of the services.",
  proxyServe: "Runs the embedded gateway alone, until interrupted.",
  proxyPublish: "Gives the gateways the routes of the recorded state once more.",
  proxyRender: "Writes the gateways' configuration into a directory: for nginx, for Envoy.",
  state: "The state branch, for people.",
  stateShow: "Prints what the state says, or said, as JSON.",
  moment: "a commit, a generation (`g42`), a time, or so long ago (`2h`)",
  stateHistory: "Lists what happened, newest first; of one service, where one is named. -v with leases and details.",
  stateDiff: "Tells what differs between two states: services, targets, replicas, verdicts, money.",
  stateDiffAfter: `
FROM and TO are commits (at least 4 digits), generations (\`g42\`), times (\`2026-11-20T08:00:00Z\`, \`2026-11-20\`), or how long ago
(\`2h\`); without TO it is what is now.`,
  stateUnlock:
    "Takes a service's lease away from a run that is dead, or whose time is over; without a name, lists who works on what. Runs do so by themselves: it is for when nobody can tell.",
  stateGc:
    "Ends what the state has given up and a backend still has, tells what it knows nothing of, with what that costs, and bounds the history.",
  stateRepair:
    "Finds what is wrong with the state branch, and with what runs and is not in it, and mends what can be proven.",
  stateRepairAfter: `
Without --adopt and --remove, instances are listed and left as they are. A record is rebuilt from an instance's tags and
from the service file (of --ref, or the work tree); what cannot be proven to run that file's job is rolled by the next pass.
Outcomes: 0 nothing is wrong any more, 1 something is left, 4 not consented to.`,
} as const;
