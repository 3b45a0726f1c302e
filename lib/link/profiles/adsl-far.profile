# The ADSL2 line of adsl.profile to a server on another continent.
#
# Chosen: 110 ms each way and an exponential queueing delay of 12 ms on average. In 2014 size was lost
#   in noise there; no numbers were given.

note = ADSL2 12/0.82 Mbit/s, other continent
host = 30us

[both]
overhead = 40B
cells = atm
delay = 110ms
tail = 12ms

[down]
rate = 12Mbit/s

[up]
rate = 820kbit/s
