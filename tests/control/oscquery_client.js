// Finds a livediffusion by zeroconf, reads its tree and moves a value: node oscquery_client.js PORT
// Needs `npm install oscquery osc`.
const { OSCQueryDiscovery } = require("oscquery");
const osc = require("osc");

const wanted = Number(process.argv[2]);
const discovery = new OSCQueryDiscovery({});
discovery.on("error", (error) => console.error(error));
discovery.on("up", (service) => {
  if (service.port !== wanted) return;
  const { oscIp, oscPort, name } = service.hostInfo;
  const methods = service.flat().map((method) => method.full_path);
  console.log(JSON.stringify({ name, methods }));
  const port = new osc.UDPPort({
    localAddress: "127.0.0.1", localPort: 0, remoteAddress: oscIp, remotePort: oscPort,
  });
  port.on("ready", () => {
    port.send({ address: "/ld/gain", args: [{ type: "f", value: -9 }] });
    setTimeout(() => process.exit(0), 200);
  });
  port.open();
});
discovery.start();
setTimeout(() => process.exit(1), 20000);
