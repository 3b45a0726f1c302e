# EDGE with four slots of MCS-5 in each direction.
#
# Standard (3GPP TS 44.060): radio blocks of 20 ms, MCS-5 has 56 bytes in each of the slots; a
#   temporary block flow (TBF) has to be set up in each direction, upwards by random access unless
#   the downlink's flow is still there to ask on (T3192, 200 ms is one of its values) or the network
#   happens to poll; a flow that is being released takes nothing. Random access is spread over slots
#   of 4.6 ms and repeated after 12 to 217 of them.
# Fitted to 2014: open, release, polled, the random access within these bounds, set-up times,
#   delays.

note = EDGE, 4 slots of MCS-5
host = 30us

[both]
slot = 20ms
slot_bytes = 224B
delay = 80ms
jitter = 4ms

[down]
setup = 240ms

[up]
setup = 80ms
open = 200ms
release = 630ms
keep = 200ms
polled = 20%
random_access_least = 460ms
random_access = 75ms
