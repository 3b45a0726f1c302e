# Gigabit Ethernet through one switch.
#
# Standard: 1 Gbit/s; 14 + 4 + 8 + 12 = 38 bytes around each IP packet and at least 84 on the wire
#   (IEEE 802.3); the switch stores a frame before it sends it on, hence two hops.
# Documented: interrupt moderation of Intel's e1000 and igb drivers waits longer once a frame above
#   512 bytes has come (their update_itr functions).
# Fitted to 2014: hold_off 16us, per_packet 4us, delay.

note = gigabit Ethernet, one switch
host = 30us

[both]
rate = 1Gbit/s
overhead = 38B
minimum = 84B
hops = 2
per_packet = 4us
hold_off = 16us
hold_off_above = 512B
delay = 37us
