// The TCP side of a served listener. The gRPC library is handed each connection and asks nicely when it is to end; a client
// that is dead, or that never spoke, does not answer, and its socket would keep the process from ending. So the sockets are
// kept here, where they can be broken.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Door } from '../admin/grpc-server.ts';

/** Listens on a port, 0 for any free one; rejects with the operating system's error. */
export function openDoor(host: string, port: number, enter: (socket: Socket) => void): Promise<Door> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    enter(socket);
  });
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host, port }, () => {
      resolve({
        port: (listener.address() as AddressInfo).port,
        shut: () => void listener.close(),
        cut: () => sockets.forEach((socket) => void socket.destroy()),
      });
    });
  });
}
