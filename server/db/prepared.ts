import type pg from "pg";
import { sqlState } from "./errors.ts";

/** Statements that get a name. Ours are far fewer; a text that is made up anew each time must not fill the connections. */
const maxNames = 500;

/**
 * What a pool does with each connection that it makes, so that PostgreSQL parses and plans each statement once for it instead of every
 * time: for the larger ones that takes longer than running them. What the driver gets unnamed goes out under a name that stands for its text.
 */
export function preparing(onError: (error: Error) => void, setting = ""): (client: pg.ClientBase) => Promise<void> {
	const names = new Map<string, string>();
	let on = true;

	function named(config: unknown, values: unknown): unknown {
		if (!on || !isPlain(config) || !Array.isArray(values) || values.length === 0) return config;
		const name = names.get(config.text);
		if (name !== undefined) return { ...config, name };
		if (names.size >= maxNames) return config;
		names.set(config.text, `cn_${names.size}`);
		return { ...config, name: names.get(config.text) };
	}

	/** A pooler that gives each transaction another connection, and did not say so. */
	function noteFailure(error: unknown): void {
		if (!on || !lostNames.has(sqlState(error) ?? "")) return;
		on = false;
		onError(new Error("DATABASE_URL leads to a pooler: give DATABASE_DIRECT_URL too, or add pgbouncer=true to it"));
	}

	return async (client) => {
		// Compiling a plan takes a hundred times longer than any of ours runs; where the planner guesses a count wrong it would be done.
		await client.query(`set jit = off; ${setting}`);
		wrapQuery(client, named, noteFailure);
	};
}

/** "There is no such prepared statement", and "there is one already". */
const lostNames: ReadonlySet<string> = new Set(["26000", "42P05"]);

interface Plain {
	text: string;
}

function isPlain(config: unknown): config is Plain {
	return (
		typeof config === "object" &&
		config !== null &&
		"text" in config &&
		typeof config.text === "string" &&
		!("submit" in config) &&
		!("name" in config && config.name !== undefined)
	);
}

type Query = (config: unknown, values: unknown, callback: unknown) => unknown;

/** The driver's `query` has a dozen signatures; whatever it is called with goes on to it, and whatever it returns comes back. */
function wrapQuery(
	client: pg.ClientBase,
	named: (config: unknown, values: unknown) => unknown,
	noteFailure: (error: unknown) => void,
): void {
	const query = client.query.bind(client) as Query;
	const wrapped: Query = (config, values, callback) => {
		if (typeof callback === "function") {
			return query(named(config, values), values, (error: unknown, result: unknown) => {
				if (error) noteFailure(error);
				callback(error, result);
			});
		}
		const result = query(named(config, values), values, callback);
		if (result instanceof Promise) result.catch(noteFailure);
		return result;
	};
	Object.assign(client, { query: wrapped });
}
