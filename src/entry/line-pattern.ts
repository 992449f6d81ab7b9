export { compilePattern } from "../line-pattern.ts";
