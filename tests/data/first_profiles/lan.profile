# As first published; see link_model.py.
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
