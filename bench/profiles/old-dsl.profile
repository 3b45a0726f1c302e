note = slow DSL, cells, asymmetric
host = 30us
[both]
overhead = 40B
cells = atm
[down]
rate = 3Mbit/s
delay = 15ms
[up]
rate = 384kbit/s
delay = 11ms
