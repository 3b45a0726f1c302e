# 802.11n in an otherwise idle channel: 20 MHz, one stream, MCS 5.
#
# Standard (IEEE 802.11-2012): 52 Mbit/s; each access takes AIFS 37 + HT preamble 36 + SIFS 10 +
#   block ack 32 = 115 us; backoff of 0 to 15 slots of 9 us; one medium for both directions; frames
#   that queue up behind a frame ride in one A-MPDU.
# Fitted to 2014: which MCS, delay.

note = 802.11n, 20 MHz, MCS 5, idle channel
host = 30us

[both]
rate = 52Mbit/s
overhead = 40B
access = 115us
backoff_slot = 9us
backoff_slots = 15
aggregate = 32
delay = 560us
