note = 56k modem, asymmetric; segments are further apart than the delayed-ACK timer
host = 30us
[both]
overhead = 8B
delay = 60ms
[down]
rate = 53kbit/s
[up]
rate = 33.6kbit/s
