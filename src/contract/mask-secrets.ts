/** What replaces a secret; what stood before it (a known prefix, a name) stays, so that the reader knows which one it was. */
const mask = "***";

interface Rule {
	pattern: RegExp;
	/** Groups of the pattern that stay. */
	keep: string;
}

const named =
	"pass(?:word|wd|phrase)?|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|client[_-]?secret|credentials?";

/** In order: a longer form must be gone before a shorter one can cut it in two. */
const rules: readonly Rule[] = [
	{
		pattern: /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
		keep: "$1",
	},
	{ pattern: /\b(eyJ)[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, keep: "$1" },
	{ pattern: /\b((?:Bearer|Basic|Token)\s+)(?=[\w.~+/=-]*[\d.+/=_-])[\w.~+/=-]{8,}/gi, keep: "$1" },
	{ pattern: /\b((?:AKIA|ASIA))[0-9A-Z]{16}\b/g, keep: "$1" },
	{ pattern: /\b(gh[pousr]_)\w{16,}/g, keep: "$1" },
	{ pattern: /\b(github_pat_|glpat-|npm_|pypi-|hf_|dop_v1_|shpat_|whsec_)[\w-]{16,}/g, keep: "$1" },
	{ pattern: /\b(sk-(?:ant-|proj-)?)[\w-]{12,}/g, keep: "$1" },
	{ pattern: /\b([rs]k_(?:live|test)_)\w{10,}/g, keep: "$1" },
	{ pattern: /\b(xox[abeprs]-)[\w-]{10,}/g, keep: "$1" },
	{ pattern: /\b(AIza)[\w-]{35}/g, keep: "$1" },
	{ pattern: /(\d{8,10}:)[\w-]{35}(?![\w-])/g, keep: "$1" },
	{ pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,100}:)[^\s@/]{1,200}(?=@)/gi, keep: "$1" },
	{ pattern: /(--?(?:password|passwd|token|secret|api-key|access-key)[= ]["']?)[^\s"']+/gi, keep: "$1" },
	{
		pattern: new RegExp(`((?:\\b|_)(?:${named})["']?\\s*[:=]\\s*["']?)(?!\\*\\*\\*)[^\\s"',;&]{3,}`, "gi"),
		keep: "$1",
	},
	{ pattern: /(\b[A-Z0-9_]*(?:TOKEN|SECRET|PASSWORD|KEY)[A-Z0-9_]*=["']?)(?!\*\*\*)[^\s"']{3,}/g, keep: "$1" },
	{ pattern: /(\btoken["']?\s*[:=]\s*["']?)(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}/gi, keep: "$1" },
];

/** A text without the secrets that have a known form: what an agent prints must not end on a lock screen or at a carrier. */
export function maskSecrets(text: string): string {
	return rules.reduce((masked, { pattern, keep }) => masked.replace(pattern, `${keep}${mask}`), text);
}
