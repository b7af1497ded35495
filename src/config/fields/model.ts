/** The chat model that a service offers. */

import { object } from "../schema/object.ts";
import { child, type Field, report, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { nullable, oneOf } from "../schema/words.ts";
import type { ModelSpec, ServiceSpec } from "../spec.ts";
import { isList, isMapping } from "../yaml/value.ts";

type OpenAiModel = Extract<ModelSpec, { format: "openai" }>;
type TgiModel = Extract<ModelSpec, { format: "tgi" }>;

const type = { schema: oneOf(["chat"]), default: "chat", description: "The kind of model.", example: "chat" } as const;
const name: Field<string> = {
  schema: text(),
  description: "The model's name.",
  example: "meta-llama/Meta-Llama-3.1-8B-Instruct",
};

const openAi = object<OpenAiModel>({
  type,
  name,
  format: { schema: oneOf(["openai"]), description: "The protocol that the service speaks.", example: "openai" },
  prefix: { schema: text(), default: "/v1", description: "Path of the service's API.", example: "/v1" },
});

const tgi = object<TgiModel>({
  type,
  name,
  format: { schema: oneOf(["tgi"]), description: "The protocol that the service speaks.", example: "tgi" },
  chat_template: {
    schema: nullable(text()),
    default: null,
    description: "The model's chat template; by default the one on Hugging Face.",
    example: "{% for message in messages %}{{ message.content }}{% endfor %}",
  },
  eos_token: {
    schema: nullable(text()),
    default: null,
    description: "The model's end-of-sequence token; by default the one on Hugging Face.",
    example: "</s>",
  },
});

const modelSchema: Schema<ModelSpec> = {
  expects: "a model's name, or a mapping with `name` and `format`",
  json: () => ({ title: modelSchema.expects, anyOf: [{ type: "string" }, openAi.json(), tgi.json()] }),
  read: (value, at) => {
    if (typeof value === "string") return { type: "chat", name: value, format: "openai", prefix: "/v1" };
    if (isList(value) || !isMapping(value)) return unexpected(modelSchema.expects, value, at);
    const format = value.get("format");
    if (format === "openai") return openAi.read(value, at);
    if (format === "tgi") return tgi.read(value, at);
    if (format !== undefined) return unexpected("`openai` or `tgi`", format, child(at, "format"));
    return report(child(at, "format"), {
      code: "missing-property",
      message: "`format` is required",
      hint: "expected `openai` or `tgi`",
      part: "key",
    });
  },
};

export const model: Field<ServiceSpec["model"]> = {
  schema: nullable(modelSchema),
  default: null,
  description: "Makes a chat model available at the OpenAI-compatible endpoint.",
  example: "meta-llama/Meta-Llama-3.1-8B-Instruct",
};
