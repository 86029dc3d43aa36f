/** The OpenAPI document of the REST API, made from the table of verbs. */
import { z } from "zod";
import type { VerbName } from "./verbs.ts";
import { inputs, verbs } from "./verbs.ts";

/** OpenAPI 3.1. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(verbs) as VerbName[]) {
    const { method, path } = verbs[name];
    const route = (paths[`/api/v1${path}`] ??= {});
    route[method.toLowerCase()] = operation(name);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Vigo Spanner", version },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
    paths,
  };
}

function operation(name: VerbName): object {
  const { method, path, about } = verbs[name];
  const schema = z.toJSONSchema(inputs[name], { io: "input", unrepresentable: "any" }) as {
    properties?: Readonly<Record<string, object>>;
  };
  const inPath = [...path.matchAll(/\{(\w+)\}/gu)].map(([, part]) => part ?? "");
  const rest = Object.entries(schema.properties ?? {}).filter(([field]) => !inPath.includes(field));
  const parameters = [
    ...inPath.map((field) => ({ name: field, in: "path", required: true, schema: schema.properties?.[field] ?? {} })),
    ...(method === "GET" ? rest.map(([field, of]) => ({ name: field, in: "query", required: false, schema: of })) : []),
  ];
  const body = {
    content: { "application/json": { schema: { type: "object", properties: Object.fromEntries(rest) } } },
  };
  return {
    operationId: name,
    summary: about,
    parameters,
    ...(method === "POST" && rest.length > 0 ? { requestBody: body } : {}),
    responses: { 200: { description: "The answer." }, default: { description: "A refusal with its code." } },
  };
}
