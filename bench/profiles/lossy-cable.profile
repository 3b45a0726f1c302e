note = cable with losses, asymmetric
host = 30us
[both]
delay = 8ms
loss = 1%
[down]
rate = 100Mbit/s
[up]
rate = 10Mbit/s
