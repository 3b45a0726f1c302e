# HSPA in CELL_DCH: the radio link is up all the time.
#
# Documented: packets come in steps of 10 ms (flow control between radio network controller and base
#   station; Jurvansuu et al., ICC 2007); the E-DCH interval upwards is 10 ms as well.
# Fitted to 2014: one packet a step, delays; the jitter is that of measurements.

note = HSPA, 10 ms grid
host = 30us

[both]
slot = 10ms
slot_packets = 1
jitter = 1500us

[down]
delay = 32ms

[up]
delay = 36ms
