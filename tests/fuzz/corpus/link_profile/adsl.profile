# ADSL2 to a server in the same country.
#
# Standard: ATM cells of 53 bytes carry 48 (AAL5); around each IP packet AAL5 8 + LLC/SNAP bridged
#   10 (RFC 2684) + Ethernet 14 + PPPoE and PPP 8 (RFC 2516) = 40 bytes.
# Typical of such lines, chosen to fit 2014: 12 and 0.82 Mbit/s, delay (interleaving and path).

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
