# The classic client: HOST PORT [BYTES read at most at once].
import socket, sys
peer = socket.create_connection(sys.argv[1:3])
while data := peer.recv(int((sys.argv[3:] or [65536])[0])):
    if b"1" in data:
        peer.sendall(b"1")
