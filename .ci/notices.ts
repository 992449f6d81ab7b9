import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The licence text of every package of which something is in a bundle, as those licences ask for. */
export async function thirdPartyNotices(root: string, bundledInputs: readonly string[]): Promise<string> {
	const folders = new Set(bundledInputs.flatMap((input) => packageFolder.exec(input)?.[0] ?? []));
	const notices = await Promise.all([...folders].sort().map((folder) => noticeOf(join(root, folder))));
	return `The bundles in this folder contain parts of these packages.\n\n${notices.join("\n")}`;
}

async function noticeOf(folder: string): Promise<string> {
	const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
	const file = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry)).sort()[0];
	const text = file === undefined ? "" : (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n").trim();
	return `${"-".repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`;
}
