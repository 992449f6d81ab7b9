/** Headers that RFC 5322 wants exactly once in what we send. */
const once = ["from", "to", "date", "message-id", "subject", "mime-version"];

/** What receiving servers hold against a mail, or quietly damage. */
export function wireFaults(raw: Buffer): string[] {
	const text = raw.toString("latin1");
	const faults: string[] = [];
	if (/\r(?!\n)|(?<!\r)\n/.test(text)) faults.push("a line ends in CR or LF alone");
	if (text.split("\r\n").some((line) => line.length > 998)) faults.push("a line has more than 998 bytes");
	const head = text.slice(0, text.indexOf("\r\n\r\n"));
	if (/[^\t\r\n\x20-\x7e]/.test(head)) faults.push("the headers are not ASCII");
	const names = head.split(/\r\n(?![ \t])/).map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
	for (const name of once) {
		const count = names.filter((one) => one === name).length;
		if (count !== 1) faults.push(`the header ${name} came ${count} times`);
	}
	return faults;
}
