import pg from "pg";

const connectionString = process.env["TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 });
await client.connect();
const { rows } = await client.query("select version()");
await client.end();
console.log(rows[0].version);
