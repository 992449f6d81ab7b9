import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime from "postal-mime";

const folder = join(import.meta.dirname, "../fixtures/mails");
const separator = "\n====== the mail ======\n";

/** One mail as people's programs write it: text and HTML, the quote of ours, its headers. */
export interface MailFixture {
	name: string;
	/** What the person said; "" for nothing, `drop` where no person wrote. */
	expected: string;
	/** As it goes over the wire. */
	raw: string;
	/** The bare address. */
	from: string;
	/** Names in lower case. */
	headers: Record<string, string>;
	text: string | null;
	html: string | null;
}

async function load(name: string): Promise<MailFixture> {
	const file = readFileSync(join(folder, `${name}.txt`), "utf8");
	const at = file.indexOf(separator);
	if (at < 0) throw new Error(`${name}.txt has no line that begins the mail`);
	const raw = file.slice(at + separator.length).replaceAll("\n", "\r\n");
	const mail = await PostalMime.parse(raw);
	return {
		name,
		expected: file.slice(0, at),
		raw,
		from: mail.from?.address ?? "",
		headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
		text: mail.text ?? null,
		html: mail.html ?? null,
	};
}

/** Every fixture of tests/fixtures/mails, by name. */
export async function loadMails(): Promise<MailFixture[]> {
	const names = readdirSync(folder).filter((file) => file.endsWith(".txt"));
	return Promise.all(names.sort().map((file) => load(file.slice(0, -".txt".length))));
}
