import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

export interface Import {
	/** Path from the root for our own files, the package's name for packages, `node:x` for Node. */
	target: string;
	kind: "file" | "package" | "node";
	/** Erased before it runs. */
	typeOnly: boolean;
	line: number;
}

export interface ModuleFacts {
	imports: Import[];
	/** Lines that read the environment. */
	environmentLines: number[];
	/** Lines whose import or module mock no rule can judge. */
	unjudgeable: { line: number; what: string }[];
}

/** Reads what a module imports in any form: static, dynamic, re-export, `import("…")` types, `require`. */
export function readModule(path: string, source: string): ModuleFacts {
	const { program, errors } = parseSync(path, source);
	if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
	const facts: ModuleFacts = { imports: [], environmentLines: [], unjudgeable: [] };
	const lineOf = (node: { start: number }) => source.slice(0, node.start).split("\n").length;
	const add = (node: Located, specifier: string | undefined, typeOnly: boolean) => {
		const line = lineOf(node);
		if (specifier === undefined) facts.unjudgeable.push({ line, what: "an import whose target is computed" });
		else facts.imports.push({ ...targetOf(path, specifier), typeOnly, line });
	};
	const readsEnvironment = (node: Located) => facts.environmentLines.push(lineOf(node));
	new Visitor({
		ImportDeclaration(node) {
			const named = node.specifiers;
			const allTypes = named.length > 0 && named.every((each) => "importKind" in each && each.importKind === "type");
			add(node, node.source.value, node.importKind === "type" || allTypes);
			const isProcess = /^(node:)?process$/.test(node.source.value);
			if (isProcess && named.some((each) => "imported" in each && nameOf(each.imported) === "env"))
				readsEnvironment(node);
		},
		ExportNamedDeclaration(node) {
			if (node.source !== null) add(node, node.source.value, node.exportKind === "type");
		},
		ExportAllDeclaration(node) {
			add(node, node.source.value, node.exportKind === "type");
		},
		ImportExpression(node) {
			add(node, literal(node.source), false);
		},
		TSImportType(node) {
			add(node, node.source.value, true);
		},
		TSImportEqualsDeclaration(node) {
			const reference = node.moduleReference;
			if (reference.type === "TSExternalModuleReference") add(node, reference.expression.value, false);
		},
		CallExpression(node) {
			if (nameOf(node.callee) === "require") add(node, literal(node.arguments[0]), false);
			if (isModuleMock(node.callee)) facts.unjudgeable.push({ line: lineOf(node), what: "a module mock" });
		},
		MemberExpression(node) {
			const name = nameOf(node.property) ?? literal(node.property);
			if (name === "env" && isProcess(node.object)) readsEnvironment(node);
		},
		VariableDeclarator(node) {
			if (node.init === null || !isProcess(node.init) || node.id.type !== "ObjectPattern") return;
			const takesEnv = node.id.properties.some((each) => each.type === "RestElement" || nameOf(each.key) === "env");
			if (takesEnv) readsEnvironment(node);
		},
	}).visit(program);
	return facts;
}

interface Located {
	type: string;
	start: number;
}

function targetOf(path: string, specifier: string): Pick<Import, "target" | "kind"> {
	if (specifier.startsWith(".")) {
		return { target: posix.normalize(posix.join(posix.dirname(path), specifier)), kind: "file" };
	}
	if (specifier.startsWith("/") || specifier.startsWith("file:")) return { target: specifier, kind: "file" };
	if (specifier.startsWith("node:")) return { target: specifier, kind: "node" };
	const parts = specifier.split("/");
	return { target: parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/"), kind: "package" };
}

function nameOf(node: Located): string | undefined {
	return "name" in node && typeof node.name === "string" ? node.name : undefined;
}

function literal(node: Located | undefined): string | undefined {
	if (node === undefined) return undefined;
	if (node.type === "Literal" && "value" in node && typeof node.value === "string") return node.value;
	return undefined;
}

/** `process` or `globalThis.process`. */
function isProcess(node: Located): boolean {
	if (nameOf(node) === "process") return true;
	return node.type === "MemberExpression" && "property" in node && nameOf(node.property as Located) === "process";
}

function isModuleMock(callee: Located): boolean {
	if (callee.type !== "MemberExpression" || !("object" in callee && "property" in callee)) return false;
	const method = nameOf(callee.property as Located);
	return nameOf(callee.object as Located) === "vi" && ["mock", "doMock", "hoisted"].includes(method ?? "");
}
