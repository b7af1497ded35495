/** Where the program does otherwise than the reference on purpose, in what it does rather than in what it reads. */
export const behaviourDifferences: readonly string[] = [
  "A new revision that turns bad during its rollout is taken back and quarantined; the reference waits for ever, or ends the service.",
  "One failing replica never takes healthy ones down, with or without `retry`: it alone is replaced, with back-off.",
  "Nothing that serves leaves before its successor has kept its probes for `policy.rollout.bake`.",
  "A service without probes counts as ready when it answers HTTP at all; in the reference, as soon as its process runs.",
  "Until their first success probes are executed close together, never further apart than their interval, so that being ready is seen soon.",
  "A change that needs a restart starts a whole new run beside the old one, which takes over when all of it is ready; the reference stops the old one first.",
  "A died replica is replaced at once the first time, and then after 15 s, 30 s, 1 m, 2 m, 5 m, 10 m.",
  "A revision whose removal is accepted is drained before it is ended.",
  "Delays of `scaling` count from the last change of the number of replicas; in the reference, retries and deployments begin them anew.",
  "A gateway that has not counted for a whole window is no reason to scale down, and a fixed number that becomes a range begins with what runs.",
  "A window of a schedule is what the expressions say, and ends `max_duration` after it began, however late it was noticed; the reference counts from when a replica starts.",
  "`max_duration` without a schedule ends the service as done, not as failed, until it is accepted again.",
  "Odd YAML is read where the reference's parser refuses it (tabs between values, a `?` in a flow collection, half a character), or refused where it reads it (a key given twice, `!!null` of a text).",
  "The embedded gateway serves WebSockets on a path; the reference's server refuses them.",
  "On `local`, commands run without an interactive shell (`bash -c`), and names are required: a repository has no generated ones.",
];
