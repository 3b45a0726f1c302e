note = far away, losses and jitter
host = 30us
[both]
rate = 50Mbit/s
delay = 40ms
jitter = 200us
loss = 2%
