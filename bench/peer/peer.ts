// The roster as a Supabase developer would write it in TypeScript, to compare with
// ours. /naive is how it is usually written: a transaction of a client library,
// statement after statement, the page decoded and encoded again. /pooled is the same as
// Supabase's documentation recommends behind its pooler in transaction mode: without
// prepared statements, so the driver asks for each statement's types first. /tuned
// makes the best of the same libraries: it sends together whatever it can, and the page
// stays text.
import postgres from "postgres";
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";

const project = Deno.env.get("SUPABASE_URL")!;
const url = Deno.env.get("SUPABASE_DB_URL")!;
const keys = createRemoteJWKSet(new URL(`${project}/auth/v1/.well-known/jwks.json`));
const prepared = postgres(url);
const unprepared = postgres(url, { prepare: false });
const few = postgres(url, { max: 4 }); // as many as ours has

async function claims(request: Request): Promise<JWTPayload> {
  const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  const { payload } = await jwtVerify(token, keys, { issuer: `${project}/auth/v1`, audience: "authenticated" });
  return payload;
}

async function naive(request: Request, sql: postgres.Sql): Promise<Response> {
  const caller = await claims(request);
  const query = new URL(request.url).searchParams;
  const roster = await sql.begin(async (tx) => {
    await tx`select set_config('role', 'authenticated', true),
      set_config('request.jwt.claims', ${JSON.stringify(caller)}, true)`;
    const [row] = await tx`select public.coordinator_roster(
      page_limit => ${query.get("limit") ?? 50}::int, page_cursor => ${query.get("cursor")}) as roster`;
    return row.roster;
  });
  return Response.json(roster);
}

async function tuned(request: Request): Promise<Response> {
  const caller = await claims(request);
  const query = new URL(request.url).searchParams;
  const [, [row]] = await few.begin((tx) => [
    tx`select set_config('role', 'authenticated', true),
      set_config('request.jwt.claims', ${JSON.stringify(caller)}, true)`,
    tx`select private.coordinator_roster(null, null, null,
      ${query.get("limit") ?? 50}::int, ${query.get("cursor")}) as roster`,
  ]);
  return new Response(row.roster, { headers: { "content-type": "application/json" } });
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port), // for who started us
}, async (request) => {
  try {
    switch (new URL(request.url).pathname) {
      case "/tuned":
        return await tuned(request);
      case "/pooled":
        return await naive(request, unprepared);
      default:
        return await naive(request, prepared);
    }
  } catch (error) {
    return Response.json({ error: String(error) }, { status: 500 });
  }
});
