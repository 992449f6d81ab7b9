/** The server that receives mails for Resend, as it names itself in the headers that it adds. */
const receiver = "amazonses.com";

/**
 * Whether the receiving server vouches for the domain of a From address. `results` are the values of Authentication-Results, its own first.
 * Resend documents neither this header nor another verdict on a mail; its MX is Amazon SES, which writes one line
 * `amazonses.com; spf=pass (…) client-ip=…; envelope-from=…; helo=…; dkim=pass header.i=@a.b; dmarc=pass header.from=a.b;`.
 */
export function vouchesFor(fromDomain: string, results: readonly string[]): boolean {
	const own = results.filter((value) => authority(value) === receiver);
	// A sender can write such a header too, but cannot take the server's own away: so all of them must agree.
	const [first = ""] = results;
	return authority(first) === receiver && own.every((value) => passes(value, fromDomain));
}

function authority(value: string): string {
	return (value.split(";")[0] ?? "").trim().split(/\s/)[0]?.toLowerCase() ?? "";
}

interface Finding {
	method: string;
	verdict: string;
	/** `header.from`, `header.i`, `envelope-from` …, in lower case. */
	properties: Map<string, string>;
}

function passes(value: string, fromDomain: string): boolean {
	// Only a quoted local part in MAIL FROM could bring a semicolon in here, and with it a verdict of the sender's own.
	if (/["\\]/.test(value)) return false;
	const findings = read(value);
	const of = (method: string) => findings.filter((finding) => finding.method === method);
	const dmarc = of("dmarc");
	if (dmarc.some(({ verdict }) => verdict === "fail")) return false;
	if (dmarc.some((finding) => finding.verdict === "pass")) {
		return dmarc.every(({ verdict, properties }) => verdict === "pass" && properties.get("header.from") === fromDomain);
	}
	const signed = of("dkim").some(({ verdict, properties }) => {
		const signer = properties.get("header.d") ?? properties.get("header.i");
		return verdict === "pass" && isAligned(signer, fromDomain);
	});
	const sent = of("spf").some(({ verdict, properties }) => {
		const envelope = properties.get("envelope-from") ?? properties.get("smtp.mailfrom");
		return verdict === "pass" && isAligned(envelope, fromDomain);
	});
	return signed || sent;
}

/** SES puts what it says about SPF into segments of its own: they belong to the verdict before them. */
function read(value: string): Finding[] {
	const findings: Finding[] = [];
	for (const segment of value
		.replace(/\([^()]*\)/g, " ")
		.split(";")
		.slice(1)) {
		for (const word of segment.trim().split(/\s+/)) {
			const [name = "", said = ""] = halves(word.toLowerCase());
			if (/^(spf|dkim|dmarc)$/.test(name)) findings.push({ method: name, verdict: said, properties: new Map() });
			else if (findings.at(-1)?.properties.has(name) === false) findings.at(-1)?.properties.set(name, said);
		}
	}
	return findings;
}

function halves(word: string): [string, string] {
	const at = word.indexOf("=");
	return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}

/** The same domain or one above it, which is stricter than DMARC: a domain below could be somebody else's under a public suffix. */
function isAligned(address: string | undefined, fromDomain: string): boolean {
	const domain = address?.slice(address.lastIndexOf("@") + 1) ?? "";
	return domain === fromDomain || (domain.includes(".") && fromDomain.endsWith(`.${domain}`));
}
