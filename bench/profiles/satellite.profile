note = geostationary satellite, asymmetric
host = 30us
[both]
overhead = 20B
delay = 280ms
[down]
rate = 20Mbit/s
jitter = 1ms
[up]
rate = 2Mbit/s
