import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../server/app.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { openApiRules } from "./helpers/openapi-rules.ts";
import { type ReplyServer, startReplyServer } from "./helpers/reply-server.ts";

interface Operation {
	tags?: string[];
	security?: Record<string, string[]>[];
	parameters?: { name: string; in: string; schema: object }[];
	requestBody?: { content: Record<string, { schema: object }> };
	responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

/** Pages for people; what programs call must be in the document. */
const pages = /^\/($|(login|dev)(\/|$))/;

function ajv() {
	const judge = new Ajv2020({ strict: false, allErrors: true });
	ajvFormats.default(judge);
	return judge;
}

describe("/openapi.json", () => {
	let database: TestDatabase;
	let running: ReplyServer;
	let document: Document;
	let operations: { path: string; method: string; operation: Operation }[];

	beforeAll(async () => {
		database = await databases[0].open();
		running = await startReplyServer(database);
		const answer = await fetch(new URL("/openapi.json", running.server.url));
		document = (await answer.json()) as Document;
		operations = Object.entries(document.paths).flatMap(([path, item]) =>
			Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
		);
	});
	afterAll(async () => {
		await running[Symbol.asyncDispose]();
		await database.close();
	});

	it("follows the rules of OpenAPI 3.1 (row 76)", () => {
		const judge = ajv();
		judge.validate(openApiRules, document);
		expect(judge.errors ?? []).toEqual([]);
	});

	it("would not pass those rules with a misspelt field, a response without description or an optional path parameter", () => {
		const judge = ajv();
		const valid = judge.compile(openApiRules);
		const operation = { responses: { 200: { description: "ok" } } };
		const base = { openapi: "3.1.0", info: { title: "x", version: "1" } };
		expect(valid({ ...base, paths: { "/x": { get: operation } } })).toBe(true);
		expect(valid({ ...base, paths: { "/x": { get: { ...operation, respones: {} } } } })).toBe(false);
		expect(valid({ ...base, paths: { "/x": { get: { responses: { 200: {} } } } } })).toBe(false);
		expect(
			valid({
				...base,
				paths: { "/x": { get: { ...operation, parameters: [{ name: "x", in: "path", schema: {} }] } } },
			}),
		).toBe(false);
		expect(valid({ ...base, paths: { x: { get: operation } } })).toBe(false);
	});

	it("lists every route that the server has, and no other (row 76)", () => {
		const routes = createApp(running.server.deps).routes.filter(
			({ method, path }) => method !== "ALL" && !pages.test(path),
		);
		const served = new Set(
			routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`),
		);
		const listed = operations.filter(({ path }) => !pages.test(path));
		expect(new Set(listed.map(({ method, path }) => `${method.toUpperCase()} ${path}`))).toEqual(served);
		expect(served.size).toBeGreaterThan(25);
	});

	it("has every API route under /v1 and without it (row 76)", () => {
		const paths = Object.keys(document.paths);
		const versioned = paths.filter((path) => path.startsWith("/v1/"));
		expect(versioned.length).toBeGreaterThan(8);
		for (const path of versioned) expect(paths).toContain(path.slice(3));
	});

	it("uses schemas that JSON Schema 2020-12 takes, and references that lead somewhere", () => {
		const judge = ajv();
		judge.addSchema({ $id: "doc:", $defs: document.components.schemas });
		const local = (schema: object) =>
			JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "doc:#/$defs/")) as object;
		const schemas = operations.flatMap(({ operation }) => [
			...(operation.parameters ?? []).map((parameter) => parameter.schema),
			...[operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
				Object.values(part?.content ?? {}).map((media) => media.schema),
			),
		]);
		expect(schemas.length).toBeGreaterThan(40);
		for (const schema of schemas) expect(() => judge.compile(local(schema))).not.toThrow();
	});

	it("declares each path parameter exactly once", () => {
		for (const { path, operation } of operations) {
			const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
			const declared = (operation.parameters ?? []).filter((each) => each.in === "path").map((each) => each.name);
			expect(declared.toSorted(), path).toEqual(named.toSorted());
		}
	});

	it("names only security schemes that it explains, and gives every operation the error body", () => {
		for (const { path, operation } of operations) {
			for (const requirement of operation.security ?? []) {
				for (const name of Object.keys(requirement))
					expect(Object.keys(document.components.securitySchemes)).toContain(name);
			}
			const media = operation.responses["default"]?.content?.["application/json"];
			expect(media?.schema, path).toEqual({ $ref: "#/components/schemas/Error" });
		}
	});

	it("asks for a token on the routes of sessions and accounts", () => {
		const open = operations.filter(({ operation }) => operation.security === undefined).map(({ path }) => path);
		for (const path of open) expect(path).not.toMatch(/^(\/v1)?\/(sessions|status|test|deliveries|auth\/logout)/);
	});
});
