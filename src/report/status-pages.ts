import type { Settings } from "../config/settings.ts";
import type { Derive } from "../state/next-commit.ts";
import { statusHtml } from "./status-html.ts";
import { statusPage } from "./status-page.ts";
import { statusReporter } from "./status-report.ts";

/** The pages that are drawn with every write of the state: `README.md` for whoever looks at the branch, `index.html` for whoever publishes it. */
export function statusPages(settings: Settings): Derive {
  const report = statusReporter(settings);
  return (snapshot) => {
    const drawn = report(snapshot);
    return new Map([
      ["README.md", statusPage(drawn)],
      ["index.html", statusHtml(drawn)],
    ]);
  };
}
