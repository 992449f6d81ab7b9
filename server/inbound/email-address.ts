import addressparser from "nodemailer/lib/addressparser";

const local = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domain = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * An address in the one form in which it is stored and compared; undefined when it is none. All of it is in lower case:
 * no provider tells `Ann@` from `ann@`, and a phone's keyboard begins with a capital.
 */
export function normalAddress(typed: string): string | undefined {
	const address = typed.trim().toLowerCase();
	const at = address.lastIndexOf("@");
	const [before, after] = [address.slice(0, at), address.slice(at + 1)];
	const fits = at > 0 && before.length <= 64 && address.length <= 254 && local.test(before) && domain.test(after);
	return fits ? address : undefined;
}

export function domainOf(address: string): string {
	return address.slice(address.lastIndexOf("@") + 1);
}

/** Quoted strings and comments: what may hold anything and means nothing. */
const asides = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)/g;

/** A line of a mail has at most 998 characters; a longer mailbox only costs time. */
const longestHeader = 998;

/** The address of a header that holds exactly one mailbox, `a@b.c` or `Name <a@b.c>`. What stands in the name is never looked at. */
export function soleMailbox(header: string): string | undefined {
	if (header.length > longestHeader) return undefined;
	const parsed = addressparser(header);
	const only = parsed[0];
	if (only === undefined || parsed.length > 1 || only.group !== undefined) return undefined;
	// The parser makes the best of what is broken; of two addresses it would choose one.
	const bare = header.replace(asides, " ").trim();
	const inBrackets = /^[^<>]*<([^<>\s]+)>$/.exec(bare)?.[1] ?? bare;
	const address = normalAddress(inBrackets);
	return address === normalAddress(only.address) ? address : undefined;
}
