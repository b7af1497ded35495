import { parse } from "yaml";
import { z } from "zod";

const Described = z.record(z.string(), z.object({ description: z.string(), default: z.string().optional() }));
const Action = z.object({ inputs: Described, outputs: Described });

/** The action's inputs and outputs as the README's tables. */
export function actionReference(actionYaml: string): string {
  const { inputs, outputs } = Action.parse(parse(actionYaml));
  const inputRows = Object.entries(inputs).map(([name, input]) => {
    const value = input.default ?? "";
    return `| \`${name}\` | ${value === "" ? "" : `\`${value}\``} | ${input.description} |`;
  });
  const outputRows = Object.entries(outputs).map(([name, output]) => `| \`${name}\` | ${output.description} |`);
  return [
    "",
    "| input | default | |",
    "| --- | --- | --- |",
    ...inputRows,
    "",
    "| output | |",
    "| --- | --- |",
    ...outputRows,
    "",
    "",
  ].join("\n");
}
