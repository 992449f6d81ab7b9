import { expect, it } from "vitest";
import type { InboxPage } from "../server/domain/read-inbox.ts";
import { AppError } from "../server/errors.ts";
import { createInboxBus, type RunningInboxBus } from "../server/inbox-bus.ts";
import { type LongPoll, longPoll } from "./helpers/long-poll.ts";

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const sessionId = "01a1fcf8-80e5-7b2c-b4dc-72da57b737fd";
const nothing: InboxPage = { messages: [], cursor: 0 };
const something = {
	messages: [
		{
			id: "01a1fcf8-80f1-7417-9056-2be82df70d66",
			ref: "abcdef",
			kind: "reply",
			text: "go",
			from: { channel: "sms", label: "+1***8912" },
			created_at: "2026-11-21T07:00:00.000Z",
		},
	],
	cursor: 1,
} satisfies InboxPage;

/** A bus that only these tests wake. */
function ownBus(): RunningInboxBus {
	const never = { execute: () => Promise.resolve({ rows: [] }) } as unknown as Parameters<typeof createInboxBus>[0];
	return createInboxBus(never, { log, pollMs: 3_600_000 });
}

async function poll(more: Partial<LongPoll> & Pick<LongPoll, "look">) {
	const bus = ownBus();
	try {
		return await longPoll({ bus, log, sessionId, waitMs: 30_000, ...more });
	} finally {
		await bus.close();
	}
}

it("answers at once what is there, by way of the app", async () => {
	const { status, body, headers } = await poll({ look: () => Promise.resolve(something) });
	expect([status, headers.get("x-of-the-app")]).toEqual([200, null]);
	expect(JSON.parse(body)).toEqual(something);
});

it("answers a parked request with the headers that the app gives every answer, and tells the access log", async () => {
	const bus = ownBus();
	let looks = 0;
	const look = () => {
		looks += 1;
		if (looks === 1) setImmediate(() => bus.notify(sessionId));
		return Promise.resolve(looks < 3 ? nothing : something);
	};
	const answering = poll({ bus, look });
	const again = setInterval(() => bus.notify(sessionId), 20);
	const { status, body, headers, noted } = await answering;
	clearInterval(again);
	expect([status, headers.get("x-of-the-app"), headers.get("content-type")]).toEqual([200, "yes", "application/json"]);
	expect(JSON.parse(body)).toEqual(something);
	expect(noted).toEqual([200]);
	await bus.close();
});

it("looks again for what came while the app was still answering", async () => {
	const bus = ownBus();
	let looks = 0;
	const look = () => {
		looks += 1;
		if (looks === 1) bus.notify(sessionId);
		return Promise.resolve(looks === 1 ? nothing : something);
	};
	expect((await poll({ bus, look })).status).toBe(200);
	await bus.close();
});

it("says 204 after its time, having looked a last time", async () => {
	let looks = 0;
	const look = () => {
		looks += 1;
		return Promise.resolve(nothing);
	};
	const { status, body, headers, noted } = await poll({ look, waitMs: 40 });
	expect([status, body, headers.get("x-of-the-app"), noted]).toEqual([204, "", "yes", [204]]);
	expect(looks).toBe(2);
});

it("says what went wrong in the one error body, with the wait that it asks for", async () => {
	const bus = ownBus();
	let looks = 0;
	const look = () => {
		looks += 1;
		if (looks > 1)
			return Promise.reject(new AppError("unavailable", "The database does not answer.", { retryAfter: 5 }));
		setImmediate(() => bus.notify(sessionId));
		return Promise.resolve(nothing);
	};
	const again = setInterval(() => bus.notify(sessionId), 20);
	const { status, body, headers, noted } = await poll({ bus, look });
	clearInterval(again);
	expect([status, headers.get("retry-after"), noted]).toEqual([503, "5", [503]]);
	expect(JSON.parse(body)).toEqual({
		error: "unavailable",
		message: "The database does not answer.",
		request_id: "request-1",
	});
	await bus.close();
});

it("lets nobody wait once the server shuts down", async () => {
	const bus = ownBus();
	let stopped = false;
	let looks = 0;
	const look = () => {
		looks += 1;
		if (looks === 1)
			setImmediate(() => {
				stopped = true;
				void bus.close();
			});
		return Promise.resolve(nothing);
	};
	expect((await poll({ bus, look, stopped: () => stopped })).status).toBe(204);
	expect((await poll({ look: () => Promise.resolve(nothing), stopped: () => true })).noted).toEqual([]);
});
