type Fields = Record<string, unknown>;

/** The lines of a file or a diff that a phone is shown. */
const headLines = 40;

/** The whole of what a tool is to do, as a person decides about it. A tool that nobody knows is shown with its whole input. */
export function permissionSummary(toolName: string, fields: Fields): string {
	const known = summaries[toolName]?.(fields);
	if (known !== undefined && known !== "") return known;
	return Object.keys(fields).length === 0 ? "" : JSON.stringify(fields);
}

const summaries: Record<string, ((fields: Fields) => string) | undefined> = {
	Bash: (fields) =>
		fields["dangerouslyDisableSandbox"] === true
			? `${string(fields, "command")}\n(outside the sandbox)`
			: string(fields, "command"),
	Write: (fields) => lines(string(fields, "file_path"), head("+ ", string(fields, "content"))),
	Edit: (fields) => lines(string(fields, "file_path"), change(fields)),
	MultiEdit: (fields) => lines(string(fields, "file_path"), ...list(fields["edits"]).map(change)),
	NotebookEdit: (fields) => lines(string(fields, "notebook_path"), head("+ ", string(fields, "new_source"))),
	Read: (fields) => string(fields, "file_path"),
	WebFetch: (fields) => string(fields, "url"),
	WebSearch: (fields) => string(fields, "query"),
};

function change(fields: Fields): string {
	const everywhere = fields["replace_all"] === true ? "(everywhere in the file)" : "";
	return lines(head("- ", string(fields, "old_string")), head("+ ", string(fields, "new_string")), everywhere);
}

/** The first lines, each marked; what is left out is said. */
function head(mark: string, text: string): string {
	if (text === "") return "";
	const all = text.replace(/\n$/, "").split("\n");
	const shown = all.slice(0, headLines).map((line) => `${mark}${line}`);
	const more = all.length - shown.length;
	return [...shown, ...(more === 0 ? [] : [`(and ${more} more ${more === 1 ? "line" : "lines"})`])].join("\n");
}

const lines = (...parts: string[]) => parts.filter((part) => part !== "").join("\n");

function string(fields: Fields, name: string): string {
	const value = fields[name];
	return typeof value === "string" ? value : "";
}

function list(value: unknown): Fields[] {
	return Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];
}
