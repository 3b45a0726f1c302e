note = leased line
host = 30us
[both]
rate = 10Mbit/s
overhead = 38B
minimum = 84B
delay = 5ms
