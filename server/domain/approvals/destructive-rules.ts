import { baseName, type SimpleCommand } from "./shell-words.ts";

/** One kind of command that cannot be undone. `name` is what a user takes off their list by. */
export interface DestructiveRule {
	name: string;
	/** Of one simple command. */
	command?(given: SimpleCommand): boolean;
	/** Of the text as a whole, for what is no shell command. */
	text?: RegExp;
}

/** What runs another command that stands among its own words. */
const wrappers =
	/^(sudo|doas|su|env|nohup|time|timeout|nice|ionice|setsid|stdbuf|xargs|parallel|find|fd|command|builtin|exec|watch|chroot|busybox|docker|podman|kubectl|ssh|if|then|else|do|while|until|!|\{)$/;

/** The words after `name`, where it is what runs. */
function after(words: readonly string[], name: RegExp): string[] | undefined {
	const first = words.findIndex((word) => !/^\w+=/.test(word));
	const wrapped = wrappers.test(baseName(words[first] ?? ""));
	const at = words.findIndex(
		(word, index) => name.test(baseName(word)) && (wrapped ? index >= first : index === first),
	);
	return at === -1 ? undefined : words.slice(at + 1);
}

const flagsOf = (words: readonly string[]) => words.filter((word) => word.startsWith("-"));

/** A short flag, alone or among others (`-rf`), or its long form. */
function hasFlag(words: readonly string[], short: string, ...long: string[]): boolean {
	return flagsOf(words).some((word) =>
		word.startsWith("--") ? long.includes(word.split("=")[0] ?? "") : word.slice(1).includes(short),
	);
}

/** `git -C dir push` is git push: options before the verb are looked over. */
function runs(words: readonly string[], name: RegExp, ...verbs: string[]): string[] | undefined {
	const rest = after(words, name);
	let from = 0;
	for (const verb of verbs) {
		const at = rest?.indexOf(verb, from) ?? -1;
		if (at === -1) return undefined;
		from = at + 1;
	}
	return rest?.slice(from);
}

const on = (name: RegExp, test: (rest: string[]) => boolean) => (given: SimpleCommand) => {
	const rest = after(given.words, name);
	return rest !== undefined && test(rest);
};
const verb =
	(name: RegExp, ...verbs: string[]) =>
	(given: SimpleCommand) =>
		runs(given.words, name, ...verbs) !== undefined;
const git = (name: string, test: (rest: string[]) => boolean) => (given: SimpleCommand) => {
	const rest = runs(given.words, /^git(\.exe)?$/, name);
	return rest !== undefined && test(rest);
};

const fetchers = /^(curl|wget|fetch|iwr|irm)(\.exe)?$/i;
const interpreters = /^((ba|z|da|k|fi)?sh|python[\d.]*|node|deno|bun|perl|ruby|php|iex|pwsh|powershell)(\.exe)?$/i;

function fedByDownload({ words, pipedFrom }: SimpleCommand): boolean {
	if (after(words, interpreters) === undefined) return false;
	for (let from = pipedFrom; from !== undefined; from = from.pipedFrom) {
		if (after(from.words, fetchers) !== undefined) return true;
	}
	return false;
}

const publishers = /^(npm|yarn|pnpm|bun|cargo|twine|gem|poetry|uv|dotnet|mvn|vsce|lerna)(\.cmd)?$/;
const published = ["publish", "upload", "push", "deploy"];

/** The usual list. A user adds to it and takes off it (the setting `confirm`). */
export const destructiveRules: readonly DestructiveRule[] = [
	{
		name: "rm -rf",
		command: on(/^(rm|grm)$/, (rest) =>
			hasFlag(rest, "r", "--recursive") || hasFlag(rest, "R") ? hasFlag(rest, "f", "--force") : false,
		),
	},
	{ name: "find -delete", command: on(/^g?find$/, (rest) => rest.includes("-delete")) },
	{
		name: "remove-item",
		command: on(/^(remove-item|ri|del|erase|rd|rmdir)$/i, (rest) =>
			rest.some((word) => /^([-/])(r|rec|recurse|s)$/i.test(word)),
		),
	},
	{ name: "shred", command: on(/^(shred|wipefs|srm|blkdiscard)$/, () => true) },
	{ name: "dd", command: on(/^dd$/, (rest) => rest.some((word) => /^(of|if)=/.test(word))) },
	{
		name: "mkfs",
		command: on(
			/^(mkfs(\..+)?|mke2fs|mkswap|fdisk|sfdisk|parted)$/,
			(rest) => rest.length > 0 && !hasFlag(rest, "l", "--list"),
		),
	},
	{
		name: "format",
		command: on(/^(format|diskpart)(\.com|\.exe)?$/i, (rest) => rest.some((word) => /^[a-z]:$/i.test(word))),
	},
	{ name: "> /dev", text: />\s*\/dev\/(sd|hd|nvme|vd|xvd|mmcblk|disk)/ },
	{
		name: "git push --force",
		command: git(
			"push",
			(rest) =>
				hasFlag(rest, "f", "--force", "--force-with-lease", "--mirror", "--delete") ||
				hasFlag(rest, "d") ||
				rest.some((word) => /^[+:]./.test(word)),
		),
	},
	{ name: "git reset --hard", command: git("reset", (rest) => rest.includes("--hard")) },
	{
		name: "git clean -f",
		command: git("clean", (rest) => hasFlag(rest, "f", "--force") && !hasFlag(rest, "n", "--dry-run")),
	},
	{ name: "git branch -D", command: git("branch", (rest) => hasFlag(rest, "D")) },
	{
		name: "git checkout --",
		command: (given) =>
			git("checkout", (rest) => rest.includes(".") || hasFlag(rest, "f", "--force"))(given) ||
			git("restore", (rest) => rest.includes("."))(given),
	},
	{
		name: "git filter-branch",
		command: (given) => git("filter-branch", () => true)(given) || git("filter-repo", () => true)(given),
	},
	{
		name: "git stash drop",
		command: (given) => verb(/^git$/, "stash", "drop")(given) || verb(/^git$/, "stash", "clear")(given),
	},
	{ name: "drop table", text: /\bdrop\s+(table|database|schema|index|view|user|role|tablespace|column)\b/i },
	{
		name: "truncate",
		text: /\btruncate\s+(table\s+)?["'`[]?\w+["'`\]]?(\.["'`[]?\w+["'`\]]?)?\s*(,|;|"|'|$|cascade|restart)/im,
	},
	{ name: "delete from", text: /\bdelete\s+from\s+[\w."'`[\]]+\s*(;|"|'|$)/im },
	{ name: "dropdb", command: on(/^(dropdb|dropuser)$/, (rest) => rest.length > 0) },
	{ name: "flushall", text: /\bflush(all|db)\b|\bdropDatabase\s*\(/i },
	{
		name: "curl | sh",
		command: fedByDownload,
		text: /\b(ba|z|da|k)?sh\s+(<\(|-c\s+["']?\$\()\s*(curl|wget)\b|\b(iex|invoke-expression)\b[^\n]*\b(iwr|irm|curl|wget|downloadstring)\b/i,
	},
	{ name: "chmod -R", command: on(/^(chmod|chown|chgrp|chattr)$/, (rest) => hasFlag(rest, "R", "--recursive")) },
	{
		name: "terraform destroy",
		command: (given) =>
			verb(/^(terraform|tofu|terragrunt|pulumi|cdk|sst|serverless|sls)$/, "destroy")(given) ||
			verb(/^pulumi$/, "down")(given) ||
			verb(/^(serverless|sls|sst)$/, "remove")(given),
	},
	{
		name: "terraform apply -auto-approve",
		command: on(
			/^(terraform|tofu|terragrunt)$/,
			(rest) => rest.includes("apply") && rest.some((word) => /^--?auto-approve/.test(word)),
		),
	},
	{
		name: "kubectl delete",
		command: (given) => verb(/^(kubectl|oc|k)$/, "delete")(given) || verb(/^(kubectl|oc|k)$/, "drain")(given),
	},
	{ name: "helm uninstall", command: (given) => verb(/^helm$/, "uninstall")(given) || verb(/^helm$/, "delete")(given) },
	{
		name: "docker prune",
		command: on(
			/^(docker|podman)$/,
			(rest) =>
				rest.includes("prune") ||
				(rest[0] === "volume" && rest[1] === "rm") ||
				(rest.includes("down") && hasFlag(rest, "v", "--volumes")),
		),
	},
	{
		name: "npm publish",
		command: on(
			publishers,
			(rest) =>
				published.includes(rest.find((word) => !word.startsWith("-")) ?? "") ||
				["publish", "unpublish"].some((word) => rest.includes(word)),
		),
	},
	{ name: "gh delete", command: on(/^(gh|glab)$/, (rest) => rest.includes("delete")) },
	{
		name: "aws delete",
		command: on(
			/^aws$/,
			(rest) =>
				rest.some((word) => /^(delete|terminate|rb$|remove)-?/.test(word)) ||
				(rest.includes("rm") && rest.includes("--recursive")),
		),
	},
	{
		name: "gcloud delete",
		command: on(
			/^(gcloud|gsutil|az|doctl|flyctl|fly|heroku|vercel|netlify|wrangler)$/,
			(rest) =>
				rest.some((word) => /^(delete|destroy|apps:destroy|pg:reset|rb|remove)$/.test(word)) ||
				(rest.includes("rm") && hasFlag(rest, "r", "--recursive")),
		),
	},
	{ name: "shutdown", command: on(/^(shutdown|reboot|halt|poweroff)$/, () => true) },
	{ name: "kill -9 -1", command: on(/^(kill|killall5)$/, (rest) => rest.includes("-1") && rest.length > 1) },
	{ name: "crontab -r", command: on(/^crontab$/, (rest) => hasFlag(rest, "r")) },
	{ name: "fork bomb", text: /:\s*\(\s*\)\s*\{[^}]*:\s*\|\s*:/ },
];
