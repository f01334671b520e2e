"""The package `sacn`, keeping universes changing as its guide says: it sends from its own thread at a rate.

    rival.py PORT UNIVERSES RATE SECONDS     says the seconds of CPU that each second cost
"""

import sys
import time

import sacn
import sacn.sending.sender_socket_udp

port, universes, rate, seconds = map(int, sys.argv[1:])
# The package sends to 5568 alone; somebody else may listen there.
sacn.sending.sender_socket_udp.DEFAULT_PORT = port
sender = sacn.sACNsender(bind_address="127.0.0.1", bind_port=0, fps=rate, universeDiscovery=False)
for universe in range(1, universes + 1):
    sender.activate_output(universe)
    sender[universe].destination = "127.0.0.1"
outputs = [sender[universe] for universe in range(1, universes + 1)]
# Made before, so that only sending is measured.
frames = [tuple((slot * turn) % 256 for slot in range(512)) for turn in range(60)]
sender.start()
begin, used = time.monotonic(), time.process_time()
for frame in range(1, seconds * rate + 1):
    for output in outputs:
        output.dmx_data = frames[frame % len(frames)]
    time.sleep(max(0, begin + frame / rate - time.monotonic()))
print((time.process_time() - used) / (time.monotonic() - begin), flush=True)
sender.stop()
