# As first published; see link_model.py.
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
