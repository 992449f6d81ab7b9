import { sqlState } from "./errors.ts";

/** Where to connect, and the variable that says so. */
export interface Address {
	variable: "DATABASE_URL" | "DATABASE_DIRECT_URL";
	url: string;
}

/** Runs what needs the database for the first time; what it throws says what is wrong with the address, and what to do, without the password. */
export async function orSayWhy<T>(address: Address, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw new Error(openProblem(error, address), { cause: error });
	}
}

function openProblem(error: unknown, { variable, url }: Address): string {
	const at = placeOf(url);
	const messages = messagesOf(error);
	const words =
		stateWords(sqlState(error), at, messages) ??
		networkWords(codesOf(error), at) ??
		messageWords(messages, at) ??
		messages.at(-1) ??
		`${at.host} cannot be reached.`;
	return `The database of ${variable} cannot be opened: ${words}`;
}

interface Place {
	host: string;
	server: string;
	user: string;
	database: string;
}

function placeOf(databaseUrl: string): Place {
	const { hostname, port, username, pathname, searchParams } = new URL(databaseUrl);
	const host = searchParams.get("host") ?? hostname;
	const user = decodeURIComponent(username);
	return {
		host,
		server: `${host}:${port || 5432}`,
		user,
		database: decodeURIComponent(pathname.slice(1)) || user,
	};
}

/** What PostgreSQL itself says, by SQLSTATE. */
function stateWords(
	state: string | undefined,
	{ server, user, database }: Place,
	messages: readonly string[],
): string | undefined {
	switch (state) {
		case "28P01":
			return `${server} does not take the password of "${user}".`;
		case "28000":
			return messages.some((message) => /no encryption/.test(message))
				? `${server} wants TLS. Add sslmode=verify-full to the address.`
				: `${server} does not let "${user}" in: there is no such role, or it may not come from here.`;
		case "3D000":
			return `${server} has no database "${database}". Make it: createdb ${database}`;
		case "42501":
			return `"${user}" may not make tables in "${database}". Give the role that right: grant create on database "${database}" to "${user}", and on its schema public.`;
		case "53300":
			return `${server} has no connection left. Give it more (max_connections), or this server a pooler.`;
		case "57P03":
			return `${server} is starting or stopping. Try again shortly.`;
	}
	return undefined;
}

/** What the network says, by the codes of Node's errors. */
function networkWords(codes: readonly string[], { host, server }: Place): string | undefined {
	const is = (...names: string[]) => codes.some((code) => names.includes(code));
	if (is("ENOTFOUND", "EAI_AGAIN")) return `there is no host "${host}", or its name cannot be looked up now.`;
	if (is("ECONNREFUSED")) return `nothing listens at ${server}. Is PostgreSQL running, and is the port right?`;
	if (is("ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH")) return `${server} does not answer. Is a firewall between?`;
	if (codes.some((code) => /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/.test(code)))
		return `the certificate of ${server} is not one that this machine trusts (sslrootcert=… names its authority).`;
	if (is("ECONNRESET", "EPIPE"))
		return `${server} hangs up. Is it PostgreSQL, and does it want TLS (sslmode=verify-full)?`;
	return undefined;
}

/** What only the driver's words tell. */
function messageWords(messages: readonly string[], { server }: Place): string | undefined {
	const says = (pattern: RegExp) => messages.some((message) => pattern.test(message));
	if (says(/does not support SSL/i))
		return `${server} speaks no TLS. Take sslmode out of the address, or turn it on there.`;
	if (says(/password must be a string|no password/i)) return `${server} asks for a password, and there is none.`;
	if (says(/timeout|timed out/i)) return `${server} does not answer within 5 seconds. Is a firewall between?`;
	if (says(/terminated unexpectedly|unexpected.*response|invalid.*response|protocol/i))
		return `what answers at ${server} is not PostgreSQL, or hangs up.`;
	return undefined;
}

function chainOf(error: unknown): Error[] {
	const chain: Error[] = [];
	for (let at: unknown = error; at instanceof Error && chain.length < 5; at = at.cause) {
		chain.push(at);
		if (at instanceof AggregateError) chain.push(...at.errors.filter((each) => each instanceof Error));
	}
	return chain;
}

function codesOf(error: unknown): string[] {
	return chainOf(error).flatMap((each) => ("code" in each && typeof each.code === "string" ? [each.code] : []));
}

function messagesOf(error: unknown): string[] {
	// A failed query's own message is the whole statement; its cause says what was wrong.
	return chainOf(error).flatMap(({ message }) => (/^(Failed query|$)/.test(message) ? [] : [message]));
}
