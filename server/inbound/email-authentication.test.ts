import { describe, expect, it } from "vitest";
import { vouchesFor } from "./email-authentication.ts";

const spf = (verdict: string, domain: string) =>
	`spf=${verdict} (spfCheck: domain of ${domain} designates 209.85.128.52 as permitted sender) client-ip=209.85.128.52; envelope-from=ann@${domain}; helo=mail.${domain}`;
const ses = (...findings: string[]) => `amazonses.com; ${findings.join("; ")};`;

const good = ses(spf("pass", "gmail.com"), "dkim=pass header.i=@gmail.com", "dmarc=pass header.from=gmail.com");
const bad = ses(spf("fail", "gmail.com"), "dkim=none", "dmarc=fail header.from=gmail.com");

describe("the receiving server's word on a sender", () => {
	it.each([
		["DMARC passed", [good]],
		["another server's word stands below", [good, "mx.google.com; dmarc=fail header.from=gmail.com"]],
		["no DMARC policy, the domain's own signature", [ses("spf=none", "dkim=pass header.i=@gmail.com", "dmarc=none")]],
		["no DMARC policy, the domain's own server", [ses(spf("pass", "gmail.com"), "dkim=none", "dmarc=none")]],
		["no DMARC verdict at all, a signature", [ses("spf=none", "dkim=pass header.d=gmail.com")]],
		[
			"a list's signature beside the domain's",
			[ses("dkim=pass header.i=@list.example", "dkim=pass header.i=@gmail.com", "dmarc=none")],
		],
	])("is good: %s", (_, results) => {
		expect(vouchesFor("gmail.com", results)).toBe(true);
	});

	it("is good when the domain above signed", () => {
		expect(vouchesFor("mail.ann.example", [ses("dkim=pass header.i=@ann.example", "dmarc=none")])).toBe(true);
	});

	it.each([
		["nothing was said", []],
		["DMARC failed", [bad]],
		["DMARC failed, whatever else passed", [ses("dkim=pass header.i=@gmail.com", "dmarc=fail header.from=gmail.com")]],
		["all is none", [ses("spf=none", "dkim=none", "dmarc=none header.from=gmail.com")]],
		["the sender wrote a good one below", [bad, good]],
		["the sender wrote a good one, which is shown first", [good, bad]],
		["only another server says so", [good.replace("amazonses.com", "mx.evil.example")]],
		["another server's word is first", [good.replace("amazonses.com", "mx.evil.example"), good]],
		["the server's name goes on", [good.replace("amazonses.com", "amazonses.com.evil.example")]],
		["DMARC passed for another domain", [ses("dmarc=pass header.from=evil.example")]],
		["DMARC passed for a domain that ends like it", [ses("dmarc=pass header.from=evilgmail.com")]],
		["DMARC passed for a domain below it", [ses("dmarc=pass header.from=evil.gmail.com")]],
		["somebody else signed", [ses("dkim=pass header.i=@evil.example", "dmarc=none")]],
		["a domain below it signed", [ses("dkim=pass header.i=@evil.gmail.com", "dmarc=none")]],
		["a top-level domain signed", [ses("dkim=pass header.i=@com", "dmarc=none")]],
		["the signature did not fit", [ses("dkim=fail header.i=@gmail.com", "dmarc=none")]],
		["somebody else's server sent it", [ses(spf("pass", "evil.example"), "dkim=none", "dmarc=none")]],
		["the domain's server is not allowed", [ses(spf("softfail", "gmail.com"), "dkim=none", "dmarc=none")]],
		[
			"a verdict is quoted in MAIL FROM",
			[
				`amazonses.com; spf=none client-ip=1.2.3.4; envelope-from="; dmarc=pass header.from=gmail.com; "@evil.example; dkim=none; dmarc=none;`,
			],
		],
		[
			"a verdict stands in a comment",
			[ses("spf=none (dmarc=pass header.from=gmail.com)", "dkim=none (dkim=pass header.i=@gmail.com)", "dmarc=none")],
		],
		["a second verdict contradicts it", [ses("dmarc=pass header.from=gmail.com", "dmarc=none header.from=gmail.com")]],
		[
			"the verdict is about two domains",
			[ses("dkim=none", "dmarc=pass header.from=evil.example header.from=gmail.com")],
		],
	])("is not: %s (row 128)", (_, results) => {
		expect(vouchesFor("gmail.com", results)).toBe(false);
	});
});
