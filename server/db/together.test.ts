import { expect, it } from "vitest";
import type { Db } from "./client.ts";
import { together, togetherFor } from "./together.ts";

function runner({ most = 50, atOnce = 1, breaks = (_items: readonly string[]): Error | undefined => undefined } = {}) {
	const runs: string[][] = [];
	const gates: PromiseWithResolvers<void>[] = [];
	const give = together<string, string>({
		async run(items) {
			runs.push([...items]);
			const gate = Promise.withResolvers<void>();
			gates.push(gate);
			await gate.promise;
			const error = breaks(items);
			if (error !== undefined) throw error;
			return items.map((item) => item.toUpperCase());
		},
		fits: (items, next) => !items.includes(next),
		atOnce,
		most,
	});
	async function go(): Promise<void> {
		for (let at = 0; at < 20; at++) {
			for (const gate of gates.splice(0)) gate.resolve();
			await new Promise((turn) => setImmediate(turn));
		}
	}
	return { give, runs, go };
}

it("runs the first at once, and what comes meanwhile together afterwards", async () => {
	const { give, runs, go } = runner();
	const results = Promise.all(["a", "b", "c"].map(give));
	expect(runs).toEqual([["a"]]);
	await go();
	expect(await results).toEqual(["A", "B", "C"]);
	expect(runs).toEqual([["a"], ["b", "c"]]);
});

it("keeps apart what does not fit, and runs no more at a time than it may", async () => {
	const { give, runs, go } = runner({ most: 2 });
	const results = Promise.all(["a", "b", "b", "c", "d"].map(give));
	await go();
	expect(await results).toEqual(["A", "B", "B", "C", "D"]);
	expect(runs).toEqual([["a"], ["b", "c"], ["b", "d"]]);
});

it("has so many runs under way as it may", async () => {
	const { give, runs, go } = runner({ atOnce: 2 });
	const results = Promise.all(["a", "b", "c"].map(give));
	expect(runs).toEqual([["a"], ["b"]]);
	await go();
	expect(await results).toEqual(["A", "B", "C"]);
});

it("lets one that breaks its run break none of the others", async () => {
	const breaks = (items: readonly string[]) => (items.includes("x") ? new Error("x is refused") : undefined);
	const { give, go } = runner({ breaks });
	const ends = Promise.allSettled(["a", "b", "x", "c"].map(give));
	await go();
	expect((await ends).map((end) => (end.status === "fulfilled" ? end.value : end.status))).toEqual([
		"A",
		"B",
		"rejected",
		"C",
	]);
});

it("tries nothing again when the database is away", async () => {
	const lost = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
	const { give, runs, go } = runner({ breaks: () => lost });
	const ends = Promise.allSettled(["a", "b", "c"].map(give));
	await go();
	expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
	expect(runs).toEqual([["a"], ["b", "c"]]);
});

it("runs together what comes by the same database, and nothing of another with it", async () => {
	const runs: [Db, readonly string[]][] = [];
	const give = togetherFor<string, string>((db) => ({
		async run(items) {
			runs.push([db, items]);
			return items.map((item) => item.toUpperCase());
		},
		fits: () => true,
		atOnce: 1,
		most: 50,
	}));
	const [one, other] = [{}, {}] as [Db, Db];
	expect(await Promise.all([give(one, "a"), give(other, "b"), give(one, "c"), give(one, "d")])).toEqual([..."ABCD"]);
	expect(runs).toEqual([
		[one, ["a"]],
		[other, ["b"]],
		[one, ["c", "d"]],
	]);
});
