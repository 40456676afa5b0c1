"""A Node.js snippet on the npm package `osc`."""

from __future__ import annotations

from clients.snippet import lines, width
from clients.surface import HOST, MADE_BY, PORT

_HEAD = """// livediffusion from Node.js: npm install osc, then node livediffusion.js
// {made_by}
const osc = require("osc");

// address: [types, lowest, highest, what it does]
const TABLE = {{
"""
_TAIL = """}};

// Call back ready({{ send, sendAt, close }}) once there is a socket, heard(address, values) for all
// feedback: it comes back to this socket.
function connect({{ host = "{host}", port = {port}, ready, heard }}) {{
  const udp = new osc.UDPPort({{
    localAddress: "0.0.0.0", localPort: 0, remoteAddress: host, remotePort: port,
  }});
  const message = (address, values) => ({{ address, args: values.map(typed) }});
  const send = (address, ...values) => udp.send(message(address, values));
  const sendAt = (seconds, ...messages) => udp.send({{
    timeTag: osc.timeTag(seconds),
    packets: messages.map(([address, ...values]) => message(address, values)),
  }});
  const close = () => {{
    send("/ld/unsubscribe");
    setTimeout(() => udp.close(), 100);
  }};
  udp.on("message", ({{ address, args }}) => heard(address, args));
  udp.on("error", (error) => console.error(error.message));
  udp.on("ready", () => {{
    send("/ld/subscribe");
    ready({{ send, sendAt, close }});
  }});
  udp.open();
}}

function typed(value) {{
  return {{ type: typeof value === "string" ? "s" : "f", value }};
}}

module.exports = {{ TABLE, connect }};

if (require.main === module) {{
  const [host, port] = process.argv.slice(2);
  connect({{
    host, port: port && Number(port), heard: (address, values) => console.log(address, ...values),
    ready: (ld) => {{
      ld.send("/ld/filter", -0.3); // a little darker
      ld.sendAt(2, ["/ld/filter", 0]); // and in two seconds as before
      setTimeout(ld.close, 5000);
    }},
  }});
}}
"""


def make() -> bytes:
    """The snippet."""
    rows = lines()
    wide = width(rows) + 3
    table = "".join(
        f"  {f'{chr(34)}{row.address}{chr(34)}:':<{wide}} "
        f'["{row.types}", {row.low or "null"}, {row.high or "null"}, "{row.help}"],\n'
        for row in rows
    )
    tail = _TAIL.format(host=HOST, port=PORT)
    return (_HEAD.format(made_by=MADE_BY) + table + tail).encode()
