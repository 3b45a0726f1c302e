# As first published; see link_model.py.
note = EDGE, 4 slots of MCS-5
host = 30us

[both]
slot = 20ms
slot_bytes = 224B
delay = 80ms
jitter = 4ms

[down]
setup = 60ms

[up]
setup = 120ms
open = 200ms
release = 450ms
keep = 200ms
random_access = 600ms
