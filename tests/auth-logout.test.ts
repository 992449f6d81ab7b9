import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loggedOut, tokens } from "../src/contract/auth.ts";
import { type AuthWorld, openAuthWorld, unauthorized } from "./helpers/auth-world.ts";
import { databases } from "./helpers/database.ts";

describe.each(databases)("logging out on $name", ({ open }) => {
	let world: AuthWorld;

	beforeAll(async () => {
		world = await openAuthWorld(open);
	});
	afterAll(() => world.close());

	it("says how many sessions it ended, and every token of the machine is dead (row 41)", async () => {
		const given = await world.login();
		const live = [await world.addSession(given.access_token), await world.addSession(given.access_token, "stale")];
		const over = await world.addSession(given.access_token, "ended");
		const tokensBefore = await Promise.all(live.map((id) => world.session(id)));
		const answer = await world.logOut(given);
		expect(answer.status).toBe(200);
		expect(loggedOut.parse(answer.body)).toEqual({ revoked: true, sessions_cleared: 2 });
		for (const [index, id] of live.entries()) {
			const after = await world.session(id);
			expect(after).toMatchObject({ status: "ended", end_reason: "logout" });
			expect(after?.token_hash).not.toBe(tokensBefore[index]?.token_hash);
		}
		expect(await world.session(over)).toMatchObject({ end_reason: null });
		expect(await world.askWith(given.access_token, given.fingerprint)).toEqual(unauthorized);
		expect((await world.refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
		expect((await world.logOut(given)).status).toBe(401);
		expect(await world.audited(given.access_token)).toEqual(["login", "logout"]);
	});

	it("kills the tokens of the sessions that the machine started (row 41)", async () => {
		const given = await world.login();
		const session = await world.startSession(given);
		expect((await world.heartbeat(session)).status).toBe(200);
		expect((await world.logOut(given)).body).toEqual({ revoked: true, sessions_cleared: 1 });
		expect(await world.heartbeat(session)).toMatchObject({ status: 401, body: { error: "unauthorized" } });
	});

	it("leaves the user's other machines logged in", async () => {
		const laptop = await world.login("laptop");
		const desktop = await world.login("desktop", laptop.number);
		const session = await world.addSession(desktop.access_token);
		expect((await world.logOut(laptop)).body).toEqual({ revoked: true, sessions_cleared: 0 });
		expect((await world.askWith(desktop.access_token, desktop.fingerprint)).status).toBe(200);
		expect((await world.refresh(desktop.refresh_token, desktop.fingerprint)).status).toBe(200);
		expect(await world.session(session)).toMatchObject({ status: "active" });
	});

	it("ends an earlier login of the same machine too, and a later one works", async () => {
		const earlier = await world.login("laptop");
		const later = await world.login("laptop", earlier.number);
		await world.logOut(later);
		expect(await world.askWith(earlier.access_token, earlier.fingerprint)).toEqual(unauthorized);
		const again = await world.login("laptop", earlier.number);
		expect((await world.askWith(again.access_token, again.fingerprint)).status).toBe(200);
		expect(await world.askWith(later.access_token, later.fingerprint)).toEqual(unauthorized);
	});

	it("is not outrun by a refresh that is under way", async () => {
		for (let round = 0; round < 5; round++) {
			const given = await world.login(`racer ${round}`);
			const [answer] = await Promise.all([world.refresh(given.refresh_token, given.fingerprint), world.logOut(given)]);
			if (answer.status !== 200) continue;
			const renewed = tokens.parse(answer.body);
			expect(await world.askWith(renewed.access_token, given.fingerprint)).toEqual(unauthorized);
			expect((await world.refresh(renewed.refresh_token, given.fingerprint)).status).toBe(401);
		}
	});
});
