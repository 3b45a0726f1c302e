# As first published; see link_model.py.
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
