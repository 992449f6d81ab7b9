import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import * as contract from "../../src/contract/approvals.ts";
import type { AppDeps } from "../app-deps.ts";
import { requireSession, sessionTokenScheme } from "../auth/session-bearer.ts";
import { openApproval } from "../domain/approvals/open-approval.ts";
import { readApproval, waitForApproval } from "../domain/approvals/read-approval.ts";
import { recordApprovalReceipt } from "../domain/approvals/record-approval-receipt.ts";
import { withdrawApproval } from "../domain/approvals/withdraw-approval.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["approvals"];
const security = [{ [sessionTokenScheme]: [] }];
const ofSession = z.object({ id: z.uuid() });
const ofApproval = z.object({ id: z.uuid(), approval: z.uuid() });

/** What a session waits for from the phone: asking, waiting for the answer, and what became of it. */
export function approvalRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const open = createRoute({
		tags,
		security,
		middleware: [requireSession(deps)] as const,
		method: "post",
		path: "/sessions/{id}/approvals",
		summary: "Ask the phone for leave, or for the answer to a question",
		request: { params: ofSession, ...body(contract.openApproval) },
		responses: { 200: json("Asked. The same id again gets the same approval", contract.approvalOpened) },
	});
	const read = createRoute({
		tags,
		security,
		middleware: [requireSession(deps)] as const,
		method: "get",
		path: "/sessions/{id}/approvals/{approval}",
		summary: "Wait until it is answered, or no longer open",
		request: { params: ofApproval, query: contract.approvalQuery },
		responses: { 200: json("The approval as it stands", contract.approval) },
	});
	const withdraw = createRoute({
		tags,
		security,
		middleware: [requireSession(deps)] as const,
		method: "post",
		path: "/sessions/{id}/approvals/{approval}/withdraw",
		summary: "Say that the phone need not answer any more; an answer that was first stands",
		request: { params: ofApproval, ...body(contract.withdrawApproval) },
		responses: { 200: json("The approval as it stands", contract.approval) },
	});
	const receipt = createRoute({
		tags,
		security,
		middleware: [requireSession(deps)] as const,
		method: "post",
		path: "/sessions/{id}/approvals/{approval}/receipt",
		summary: "Say what the session made of the phone's answer",
		request: { params: ofApproval, ...body(contract.approvalReceipt) },
		responses: {
			200: json("The approval as it stands", contract.approval),
		},
	});

	return createRouter()
		.openapi(open, async (c) => c.json(await openApproval(deps, c.get("session"), c.req.valid("json")), 200))
		.openapi(read, async (c) => {
			const { wait } = c.req.valid("query");
			const approval = { sessionId: c.get("session").id, id: c.req.valid("param").approval };
			if (wait === 0) return c.json(await readApproval(deps, approval), 200);
			const waiting = { waitMs: wait * 1000, signal: c.req.raw.signal, stopped: deps.draining };
			return c.json(await waitForApproval(deps, approval, waiting), 200);
		})
		.openapi(withdraw, async (c) => {
			const approval = { sessionId: c.get("session").id, id: c.req.valid("param").approval };
			return c.json(await withdrawApproval(deps, approval, c.req.valid("json")), 200);
		})
		.openapi(receipt, async (c) => {
			const approval = { sessionId: c.get("session").id, id: c.req.valid("param").approval };
			return c.json(await recordApprovalReceipt(deps, approval, c.req.valid("json")), 200);
		});
}
