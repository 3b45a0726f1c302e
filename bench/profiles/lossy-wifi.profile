note = shared medium, bursts and losses
host = 30us
[both]
rate = 26Mbit/s
overhead = 40B
access = 150us
backoff_slot = 9us
backoff_slots = 15
aggregate = 8
delay = 4ms
loss = 2%
