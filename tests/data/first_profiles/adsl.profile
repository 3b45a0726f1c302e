# As first published; see link_model.py.
note = ADSL2 12/0.82 Mbit/s, same country
host = 30us

[both]
overhead = 40B
cells = atm
delay = 9900us

[down]
rate = 12Mbit/s

[up]
rate = 820kbit/s
