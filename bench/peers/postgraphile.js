// PostGraphile 5 over the tables as they are, by its own preset.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { database, host, port, twice } from "./two.js";

twice(async () => {
  const server = createServer();
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: database, schemas: ["public"], poolConfig: { max: 16 } })],
    grafserv: { graphiql: false, websockets: false },
  });
  await instance.createServ(grafserv).addTo(server);
  server.listen(Number(port), host);
});
