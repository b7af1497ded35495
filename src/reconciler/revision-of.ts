import type { KeptContent, PinnedContent } from "../config/files.ts";
import type { JobFile } from "../config/job.ts";
import type { Revision } from "./accept.ts";
import { stateOf } from "./known-repos.ts";
import type { DesiredService } from "./plan-document.ts";

/** What a service file says, as it can be accepted. */
export function revisionOf({ source, contents, repos }: DesiredService, commit: string | null): Revision {
  const { spec, fingerprint, file } = source;
  return { spec, fingerprint, files: contents.map(withoutEntries), repos: repos.map(stateOf), file, commit };
}

function withoutEntries({ local_path, path, content, kind }: PinnedContent): JobFile {
  return { local_path, path, content, kind };
}

/** What the state branch keeps of services: contents of `files`, and diffs of `repos`. */
export function contentsOf(services: readonly Pick<DesiredService, "contents" | "repos">[]): readonly KeptContent[] {
  return services.flatMap(({ contents, repos }) => [
    ...contents,
    ...repos.flatMap(({ diff, entries }) => (diff === null ? [] : [{ content: diff, entries }])),
  ]);
}
