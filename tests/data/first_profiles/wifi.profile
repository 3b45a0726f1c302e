# As first published; see link_model.py.
note = 802.11n, 20 MHz, MCS 5, idle channel
host = 30us

[both]
rate = 52Mbit/s
overhead = 40B
access = 115us
backoff_slot = 9us
backoff_slots = 15
backoff = always
aggregate = 32
delay = 560us
