# EDGE with four slots of MCS-5 in each direction.
#
# Standard (3GPP TS 44.060): radio blocks of 20 ms, MCS-5 has 56 bytes in each of the slots; a
#   temporary block flow (TBF) has to be set up in each direction, upwards by random access unless
#   the downlink's flow is still there to ask on; a flow that is being released takes nothing.
# Fitted to 2014: open, release, keep, random_access, set-up times, delays.

note = EDGE, 4 slots of MCS-5
host = 30us

[both]
slot = 20ms
slot_bytes = 224B
delay = 80ms
jitter = 4ms

[down]
setup = 60ms

[up]
setup = 120ms
open = 200ms
release = 450ms
keep = 200ms
random_access = 600ms
