note = mobile network: grids of their own in both directions, bursts
host = 30us
[down]
slot = 1ms
slot_bytes = 2500B
delay = 12ms
jitter = 1ms
[up]
slot = 5ms
slot_packets = 2
delay = 9ms
jitter = 2ms
