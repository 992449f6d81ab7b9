/** The machine masks by the same rules before anything leaves it. */
export { maskSecrets } from "../../src/contract/mask-secrets.ts";
