note = a slow, narrow tunnel, asymmetric
host = 30us
mtu = 1280B
[both]
delay = 20ms
overhead = 76B
[down]
rate = 2Mbit/s
[up]
rate = 512kbit/s
