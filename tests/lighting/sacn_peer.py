"""A peer of the lighting tests: the package `sacn`, as a receiver or as a sender.

    sacn_peer.py receive PORT UNIVERSE...            says what comes to a port of loopback
    sacn_peer.py send UNIVERSE PRIORITY NAME         multicasts on the loopback interface the level that each line says

Says each thing in a line of JSON; ends when its standard input ends.
"""

import json
import sys

import sacn


def say(**what):
    print(json.dumps(what), flush=True)


def receive(port, *universes):
    receiver = sacn.sACNreceiver(bind_port=int(port))

    def heard(packet):
        say(
            universe=packet.universe,
            sequence=packet.sequence,
            priority=packet.priority,
            source=packet.sourceName,
            cid=bytes(packet.cid).hex(),
            slots=packet.dmxData,
        )

    for universe in universes:
        receiver.register_listener("universe", heard, universe=int(universe))
    told = set()

    def changed(universe, changed):
        if (universe, changed) not in told:
            told.add((universe, changed))
            say(change=changed, universe=universe)

    receiver.register_listener("availability", changed)
    receiver.start()
    say(ready=True)
    sys.stdin.read()
    receiver.stop()


def send(universe, priority, name):
    universe = int(universe)
    sender = sacn.sACNsender(bind_address="127.0.0.1", bind_port=0, source_name=name, fps=30, universeDiscovery=False)
    sender.start()
    sender.activate_output(universe)
    sender[universe].multicast = True
    sender[universe].priority = int(priority)
    for line in sys.stdin:
        sender[universe].dmx_data = (int(line),) * 512
        say(sent=int(line))
    sender.stop()


{"receive": receive, "send": send}[sys.argv[1]](*sys.argv[2:])
