/**
 * The structure of an OpenAPI 3.1 document as the specification lays it down (spec.openapis.org/oas/v3.1.0, section 4.8), written
 * as a JSON Schema: only the objects that we use, and no field that the specification does not know.
 */
const text = { type: "string" } as const;
const ref = (name: string) => ({ $ref: `#/$defs/${name}` });
const mapOf = (value: object) => ({ type: "object", additionalProperties: value });
const exact = (properties: object, required: string[] = []) => ({
	type: "object",
	properties,
	required,
	patternProperties: { "^x-": {} },
	additionalProperties: false,
});
const orReference = (name: string) => ({
	if: { type: "object", required: ["$ref"] },
	// biome-ignore lint/suspicious/noThenProperty: the JSON Schema keyword
	then: ref("reference"),
	else: ref(name),
});
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

export const openApiRules = {
	$schema: "https://json-schema.org/draft/2020-12/schema",
	...exact(
		{
			openapi: { type: "string", pattern: "^3\\.1\\.\\d+$" },
			info: ref("info"),
			servers: { type: "array", items: exact({ url: text, description: text }, ["url"]), minItems: 1 },
			paths: { type: "object", patternProperties: { "^/": ref("pathItem") }, additionalProperties: false },
			webhooks: mapOf(ref("pathItem")),
			components: ref("components"),
			security: { type: "array", items: ref("securityRequirement") },
			tags: { type: "array", items: exact({ name: text, description: text }, ["name"]) },
		},
		["openapi", "info", "paths"],
	),
	$defs: {
		info: exact(
			{
				title: text,
				summary: text,
				description: text,
				version: text,
				license: exact({ name: text, identifier: text, url: { type: "string", format: "uri" } }, ["name"]),
			},
			["title", "version"],
		),
		pathItem: exact({
			summary: text,
			description: text,
			parameters: { type: "array", items: orReference("parameter") },
			...Object.fromEntries(methods.map((method) => [method, ref("operation")])),
		}),
		operation: exact({
			tags: { type: "array", items: text },
			summary: text,
			description: text,
			operationId: text,
			parameters: { type: "array", items: orReference("parameter"), uniqueItems: true },
			requestBody: orReference("requestBody"),
			responses: {
				type: "object",
				minProperties: 1,
				patternProperties: { "^([1-5]\\d\\d|[1-5]XX|default)$": orReference("response") },
				additionalProperties: false,
			},
			deprecated: { type: "boolean" },
			security: { type: "array", items: ref("securityRequirement") },
		}),
		parameter: {
			...exact(
				{
					name: text,
					in: { enum: ["query", "header", "path", "cookie"] },
					description: text,
					required: { type: "boolean" },
					deprecated: { type: "boolean" },
					style: text,
					explode: { type: "boolean" },
					schema: ref("schema"),
					example: {},
				},
				["name", "in", "schema"],
			),
			if: { properties: { in: { const: "path" } } },
			// biome-ignore lint/suspicious/noThenProperty: the JSON Schema keyword
			then: { required: ["required"], properties: { required: { const: true } } },
		},
		requestBody: exact({ description: text, content: ref("content"), required: { type: "boolean" } }, ["content"]),
		response: exact({ description: text, headers: mapOf({}), content: ref("content") }, ["description"]),
		content: { type: "object", minProperties: 1, additionalProperties: exact({ schema: ref("schema"), example: {} }) },
		components: exact({
			schemas: { type: "object", propertyNames: { pattern: "^[\\w.-]+$" }, additionalProperties: ref("schema") },
			responses: mapOf(ref("response")),
			parameters: mapOf(ref("parameter")),
			securitySchemes: mapOf(ref("securityScheme")),
		}),
		securityScheme: exact(
			{ type: { const: "http" }, scheme: { const: "bearer" }, bearerFormat: text, description: text },
			["type", "scheme"],
		),
		securityRequirement: mapOf({ type: "array", items: text }),
		reference: exact({ $ref: { type: "string", pattern: "^#/components/" }, summary: text, description: text }, [
			"$ref",
		]),
		// Each schema is judged by JSON Schema's own meta-schema besides.
		schema: { type: ["object", "boolean"] },
	},
};
