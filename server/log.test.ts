import { describe, expect, it } from "vitest";
import { createLog } from "./log.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void, level: Parameters<typeof createLog>[0] = "debug") {
	const lines: string[] = [];
	write(createLog(level, { write: (line) => lines.push(line) }));
	return lines;
}

describe("the server's log", () => {
	it("is one JSON object a line with level, time, fields and sentence", () => {
		const [line] = logged((log) => log.info({ status: 200 }, "request"));
		expect(JSON.parse(line ?? "")).toMatchObject({
			level: "info",
			status: 200,
			msg: "request",
			time: expect.any(String),
		});
	});

	it("leaves out what is below its level (row 220)", () => {
		const write = (log: ReturnType<typeof createLog>) => {
			log.debug({}, "debug");
			log.info({}, "info");
			log.warn({}, "warn");
			log.error({}, "error");
		};
		const kept = (level: "debug" | "info" | "warn" | "error" | "silent") =>
			logged(write, level).map((line) => JSON.parse(line).msg);
		expect(kept("debug")).toEqual(["debug", "info", "warn", "error"]);
		expect(kept("info")).toEqual(["info", "warn", "error"]);
		expect(kept("warn")).toEqual(["warn", "error"]);
		expect(kept("error")).toEqual(["error"]);
		expect(kept("silent")).toEqual([]);
	});

	it("masks a full phone number wherever it stands (row 48)", () => {
		const [line] = logged((log) =>
			log.error({ stack: "at send To=%2B15551238912", to: "+15551238912" }, "to +15551238912"),
		);
		expect(line).not.toContain("5551238912");
		expect(line).toContain("+1***8912");
	});

	it("takes out bearer tokens, JWTs, basic credentials, passwords in URLs and fields that are secrets by name", () => {
		const secrets = [
			"s3cr3t-token-value",
			"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln",
			"QUM6aHVudGVy",
			"hunter2",
			"hush-hush",
		];
		const [line] = logged((log) =>
			log.error(
				{
					session_token: secrets[0],
					nested: { authorization: secrets[0], password: 'hush-hush "quoted" hush-hush' },
					stack: `Bearer ${secrets[1]} and ${secrets[1]} and Basic ${secrets[2]} at postgres://u:${secrets[3]}@db/x`,
				},
				"failed",
			),
		);
		for (const secret of secrets) expect(line).not.toContain(secret);
		expect(() => JSON.parse(line ?? "")).not.toThrow();
	});

	it("leaves dates, ids and durations as they are", () => {
		const fields = { at: "2026-11-20T12:00:00.000+00:00", id: "0190f2a0-1111-7222-8333-944455566677", ms: 12.5 };
		const [line] = logged((log) => log.info(fields, "request"));
		expect(JSON.parse(line ?? "")).toMatchObject(fields);
	});
});
