/**
 * Whether the address is a pooler's that gives each transaction another connection, as far as an address can tell: Neon's
 * `-pooler` hosts, and Prisma's `pgbouncer=true`. Nothing can be listened for there, and nothing prepared stays.
 */
export function isPooled(databaseUrl: string): boolean {
	const { hostname, searchParams } = new URL(databaseUrl);
	return /^[^.]+-pooler\./.test(hostname) || searchParams.get("pgbouncer") === "true";
}

/** Where the instances of a server can hear each other; undefined where they can only look once a second. */
export function listenUrl(databaseUrl: string | undefined, directUrl: string | undefined): string | undefined {
	if (databaseUrl === undefined) return undefined;
	return directUrl ?? (isPooled(databaseUrl) ? undefined : databaseUrl);
}
