"""A SuperCollider snippet: functions in the interpreter's environment."""

from __future__ import annotations

from clients.snippet import lines, readouts, values
from clients.surface import HOST, MADE_BY, PORT

_TEXT = """// livediffusion from SuperCollider: evaluate the block below once, then play:
// {made_by}
//
//     ~ldSend.("/ld/gain", -6);
//     ~ldSend.("/ld/prompt/1/text", "dub techno");
//     ~ldAt.(0.5, ["/ld/mute", 1], ["/ld/filter", -0.5]);   // in half a second, both in one moment
//     Routine {{ 16.do {{ |i| ~ldAt.(0.5, ["/ld/filter", (i % 4) / -4]); 0.5.wait }} }}.play;
//     ~ldHeard["/ld/out/beat"];                             // the newest feedback
//     ~ldClose.();
//
// Addresses, what they take, and their range:
{table}(
~ldHost = ~ldHost ? "{host}";
~ldPort = ~ldPort ? {port};
~ldNet = NetAddr(~ldHost, ~ldPort);
~ldHeard = Dictionary.new;
~ldSend = {{ |address ... arguments| ~ldNet.sendMsg(address, *arguments) }};
~ldAt = {{ |seconds ... messages| ~ldNet.sendBundle(seconds, *messages) }};
~ldAddresses = [
{addresses}];
~ldHeardFrom = ~ldAddresses.collect {{ |address|
    OSCdef(address.asSymbol, {{ |message|
        ~ldHeard[message[0].asString] = message[1..];
    }}, address)
}};
~ldClose = {{ ~ldSend.("/ld/unsubscribe"); ~ldHeardFrom.do(_.free) }};
~ldSend.("/ld/subscribe");   // without a port: feedback comes back to this one
)
"""


def make() -> bytes:
    """The snippet."""
    table = "".join(
        f"//     {row.address:<24} {row.types:<6} {row.help}\n"
        for row in lines("value", "trigger", "request")
    )
    addresses = "".join(f'    "{address}",\n' for address in (*values(), *readouts()))
    text = _TEXT.format(made_by=MADE_BY, table=table, addresses=addresses, host=HOST, port=PORT)
    return text.encode()
