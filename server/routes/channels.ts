import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { channelList, channelOrder } from "../../src/contract/sessions.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { readChannels } from "../domain/channels-of-user.ts";
import { orderChannels } from "../domain/order-channels.ts";
import { removeChannel } from "../domain/remove-channel.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["account"];
const security = [{ [accessTokenScheme]: [] }];

/** The user's addresses: which comes first, and which goes. One is added by pairing it. */
export function channelRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const middleware = requireUser(deps);
	const order = createRoute({
		method: "put",
		path: "/channels/order",
		tags,
		summary: "Put the channels in an order of preference",
		security,
		middleware,
		request: body(channelOrder),
		responses: {
			200: json("In their new order", channelList),
			409: json("`ids` does not name each channel once", errorBody),
		},
	});
	const remove = createRoute({
		method: "delete",
		path: "/channels/{id}",
		tags,
		summary: "Take a channel away; its address is forgotten",
		security,
		middleware,
		request: { params: z.object({ id: z.uuid() }) },
		responses: {
			200: json("What is left", channelList),
			404: json("There is no such channel", errorBody),
			409: json("It is the only one", errorBody),
		},
	});

	return createRouter()
		.openapi(order, async (c) => {
			const { userId } = c.get("user");
			await orderChannels(deps, userId, c.req.valid("json").ids);
			return c.json({ channels: await readChannels(deps, userId) }, 200);
		})
		.openapi(remove, async (c) => {
			const caller = c.get("user");
			await removeChannel(deps, caller, c.req.valid("param").id);
			return c.json({ channels: await readChannels(deps, caller.userId) }, 200);
		});
}
