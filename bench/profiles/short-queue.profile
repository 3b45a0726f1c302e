note = a queue of five packets that a burst overflows
host = 30us
[both]
rate = 4Mbit/s
delay = 10ms
queue = 5
