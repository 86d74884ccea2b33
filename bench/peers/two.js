// Runs a server in two processes, one a core, that share an address, and says when both are there.
import cluster from "node:cluster";

export const [host, port, database] = [...process.argv[2].split(":"), process.argv[3]];

export function twice(serve) {
  if (!cluster.isPrimary) return serve();
  let listening = 0;
  cluster.on("listening", () => ++listening === 2 && console.log("ready", ...Object.values(cluster.workers).map((w) => w.process.pid)));
  cluster.on("exit", () => process.exit(1));
  for (let i = 0; i < 2; i++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
}
