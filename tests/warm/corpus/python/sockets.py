import socket
import threading

server = socket.create_server(('127.0.0.1', 0)) if False else None
left, right = socket.socketpair()
threading.Thread(target=left.sendall, args=[b'hello']).start()
print(right.recv(5), socket.getservbyname('http'), socket.gethostname() != '')
