# The classic server: HOST PORT [BYTES written at once]. Prints size and nanoseconds of each ping.
import socket, sys, time
family, _, _, _, address = socket.getaddrinfo(*sys.argv[1:3])[0]
peer = socket.create_server(address, family=family).accept()[0]
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for size in 20 * list(range(1, 9902, 100)):
    payload, step, begin = b"0" * (size - 1) + b"1", int((sys.argv[3:] or [size])[0]), time.monotonic_ns()
    for at in range(0, size, step):
        peer.send(payload[at:at + step])
    print(size, peer.recv(1) and time.monotonic_ns() - begin)
