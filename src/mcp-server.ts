import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { instructions, sessionTools, type ToolSession } from "./inbox/mcp-tools.ts";
import { type Log, reasonOf } from "./log.ts";
import { version } from "./version.ts";

export interface McpHandlers {
	/** A hook's fields; the answer is the hook's output. */
	onHook: (fields: unknown) => Promise<object>;
	session: () => ToolSession | undefined;
	log: Log;
}

/** For hooks only. `visibility: app` hides it from the model, which could forge events with it. */
const hookTool = {
	name: "hook",
	description: "Answers Claude Code's hooks.",
	inputSchema: { type: "object" as const },
	_meta: { ui: { visibility: ["app"] } },
};

/** The companion's face to Claude Code. The low-level server, because a hook's fields must reach us whatever they are. */
export function createMcpServer({ onHook, session, log }: McpHandlers): Server {
	const server = new Server({ name: "claude-notify", version }, { capabilities: { tools: {} }, instructions });
	const listed = sessionTools.map(({ call: _call, ...tool }) => tool);
	server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [hookTool, ...listed] }));
	server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
		const { name, arguments: fields, _meta } = params;
		// A call of the model carries claudecode/toolUseId; a hook's carries no _meta at all.
		if (name === "hook") return _meta === undefined ? answer(await safely(onHook, fields, log)) : refuse();
		const tool = sessionTools.find((each) => each.name === name);
		if (tool === undefined) return { ...answer(`There is no tool ${name}.`), isError: true };
		return answer(await tool.call(fields, session()));
	});
	server.onerror = (error) => log.warn(`MCP: ${error.message}`);
	return server;
}

/** Whatever goes wrong, the session goes on as if there were no hook. */
async function safely(onHook: McpHandlers["onHook"], fields: unknown, log: Log): Promise<string> {
	try {
		return JSON.stringify(await onHook(fields));
	} catch (error) {
		log.error(`a hook failed: ${reasonOf(error)}`);
		return "{}";
	}
}

function answer(text: string) {
	return { content: [{ type: "text" as const, text }] };
}

function refuse() {
	return { ...answer("This tool answers Claude Code's hooks only."), isError: true };
}
